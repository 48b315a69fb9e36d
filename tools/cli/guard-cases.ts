import { readFileSync } from "node:fs";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  loadRevision,
  moduleFile,
  toSourceFiles,
} from "../../src/bundle/index.ts";
import { PolicyError } from "../../src/engine/index.ts";
import {
  type CaseFaults,
  compareCase,
  createCaseJudge,
  type Found,
  parseConfig,
  readCases,
} from "../../src/server/index.ts";
import { packGuard } from "./guard-pack.ts";
import type { RunRequest } from "./guard-run.ts";
import type { GuardSource } from "./guard-source.ts";

/** What became of a request of a file of cases, and what of it is not as wanted. */
type JudgedCase = Found & {
  readonly note: string;
  readonly faults: CaseFaults;
};

/** Judges the requests of a file of cases as a server would that has this guard alone. */
export async function judgeCases(
  guard: GuardSource,
  file: string,
  request: Omit<RunRequest, "input" | "abi">,
): Promise<readonly JudgedCase[]> {
  const cases = readCases(readText(file), file);
  const revision = await loadRevision(toSource(guard, request), {
    builtins: hostBuiltins,
  });
  const judge = createCaseJudge(revision, parseConfig("", "portcullis.yaml"));
  const judged: JudgedCase[] = [];
  for (const one of cases) {
    const found = await judge(one);
    const faults = compareCase(one, found);
    judged.push({ note: one.note, ...found, faults });
  }
  return judged;
}

/** The source of a server with this guard alone. */
function toSource(
  { bytes, manifest, text }: GuardSource,
  { config, data, entrypoint = "", limits }: Omit<RunRequest, "input" | "abi">,
) {
  const name = manifest?.name ?? "guard";
  const own =
    text === undefined
      ? packGuard(bytes, {
          ...{ name, config, entrypoint, signingKey: undefined },
          ...{ version: "", description: "", allowUnsigned: true },
        }).get("guard.yaml")
      : undefined;
  const files = {
    "guards/pipeline.yaml": JSON.stringify({
      pipeline: [{ guard: name, limits }],
    }),
    [`guards/${name}/guard.yaml`]: text ?? new TextDecoder().decode(own),
    ...(data && { "data.json": new TextDecoder().decode(data) }),
  };
  return toSourceFiles(
    new Map(Object.entries(files)),
    new Map([[`guards/${name}/${moduleFile}`, bytes]]),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new PolicyError("bundle_load_error", `\`${file}\` cannot be read`, {
      cause,
    });
  }
}
