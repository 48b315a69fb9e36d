import type { SourceFiles } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import { type PlacedCase, readCases } from "../cases/case-file.ts";
import { type CaseJudge, compareCase } from "../cases/run-case.ts";
import { nextTurn } from "./next-turn.ts";

const caseFile = /(^|\/)cases\/[^/]+\.(ya?ml|json)$/;

/** The requests that a source carries in its `cases` folders; throws what is wrong with them. */
export function readGoldenRequests({
  files,
}: SourceFiles): readonly PlacedCase[] {
  return [...files]
    .filter(([name]) => caseFile.test(name))
    .flatMap(([name, text]) => readCases(text, name));
}

/** Throws the first request that does not become what it should. */
export async function checkGoldenRequests(
  cases: readonly PlacedCase[],
  judge: CaseJudge,
): Promise<void> {
  for (const one of cases) {
    const [fault] = compareCase(one, await judge(one));
    if (fault !== undefined) {
      throw new PolicyError(
        "bundle_test_error",
        `the golden request \`${one.note}\` does not pass: ${fault}`,
        { location: one.location },
      );
    }
    await nextTurn();
  }
}
