import { readFileSync } from "node:fs";
import { PolicyError } from "../../engine/index.ts";
import { type PlacedCase, readCases } from "../cases/case-file.ts";
import type { CaseJudge, Found } from "../cases/run-case.ts";
import { nextTurn } from "./next-turn.ts";

/** A request that a new revision answers otherwise than the one in force. */
export type VerdictChange = {
  readonly case: PlacedCase;
  readonly before: Found;
  readonly after: Found;
};

/** Reads the files of a canary set; throws the first fault with its place. */
export function readCanarySet(files: readonly string[]): readonly PlacedCase[] {
  return files.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (cause) {
      throw new PolicyError(
        "bundle_canary_error",
        `the canary set \`${file}\` cannot be read`,
        { cause },
      );
    }
    return readCases(text, file);
  });
}

/** The requests whose verdict, guard, code or status changes. */
export async function findChanges(
  cases: readonly PlacedCase[],
  active: CaseJudge,
  candidate: CaseJudge,
): Promise<readonly VerdictChange[]> {
  const changes: VerdictChange[] = [];
  for (const one of cases) {
    const before = await active(one);
    const after = await candidate(one);
    if (compared.some((name) => before[name] !== after[name])) {
      changes.push({ case: one, before, after });
    }
    await nextTurn();
  }
  return changes;
}

// A reason is a text for people, and may name what changes by itself.
const compared = ["verdict", "guard", "code", "httpStatus"] as const;

/** The change in words: `allow → deny by dlp (secret_found), 403`. */
export function describeChange({ after, before }: VerdictChange): string {
  return `${describe(before)} → ${describe(after)}`;
}

function describe({ code, guard, httpStatus, verdict }: Found): string {
  const by = guard === undefined ? "" : ` by ${guard}`;
  const why = code === undefined ? "" : ` (${code})`;
  return `${verdict}${by}${why}, ${httpStatus}`;
}

/** The fault of a set that must not change. */
export function toCanaryFault(
  changes: readonly [VerdictChange, ...VerdictChange[]],
): PolicyError {
  const [first, ...others] = changes;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return new PolicyError(
    "bundle_canary_error",
    `the canary request \`${first.case.note}\` changes: ${describeChange(first)}${more}`,
    { location: first.case.location },
  );
}
