import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HostBuiltin, matchNames } from "../../src/engine/index.ts";
import {
  createCaseRunner,
  type PlacedCase,
  parseConfig,
  readCases,
  readConfig,
} from "../../src/server/index.ts";
import type { RequestCases, Test } from "./suite-with-cases.ts";
import { walkFiles } from "./walk-files.ts";

type CaseSource = {
  /** The source of the server whose guards judge the requests. */
  readonly folder: string;
  /** Where the files of cases are looked for. */
  readonly paths: readonly string[];
  /** RE2 over the cases' full names. */
  readonly pattern: string | undefined;
  readonly builtins: readonly HostBuiltin[];
};

const caseFile = /(^|\/)cases\/[^/]+\.(ya?ml|json)$/;

/** Reads the `cases/*.yaml` below some paths; undefined where there are none. Throws what is wrong with them. */
export async function loadCases({
  builtins,
  folder,
  paths,
  pattern,
}: CaseSource): Promise<RequestCases | undefined> {
  const files = paths
    .flatMap((path) => walkFiles(path) ?? [])
    .filter((file) => caseFile.test(file) && !file.includes("node_modules/"));
  const all = new Map([...new Set(files)].flatMap(readTests));
  const names = [...all.keys()].map(nameOf);
  const chosen = new Set(
    pattern === undefined ? names : await matchNames(pattern, names),
  );
  const tests = new Map([...all].filter(([test]) => chosen.has(nameOf(test))));
  return tests.size === 0
    ? undefined
    : { tests, run: await createCaseRunner(readSetup(folder), builtins) };
}

/** The server's configuration, where one lies beside the guards. */
function readSetup(folder: string) {
  const file = join(folder, "portcullis.yaml");
  const config = existsSync(file) ? readConfig(file) : parseConfig("", file);
  return { ...config, bundle: { ...config.bundle, source: folder } };
}

function readTests(file: string): (readonly [Test, PlacedCase])[] {
  const cases = readCases(readFileSync(file, "utf8"), file);
  return cases.map((one) => [
    {
      path: [],
      package: "cases",
      name: one.note,
      location: one.location,
      todo: false,
      hasCases: false,
    },
    one,
  ]);
}

function nameOf({ name, package: group }: Test): string {
  return `${group}.${name}`;
}
