import {
  fullName,
  type PartValue,
  type TestFailure,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";
import { siteText, type Texts } from "./failure-site.ts";
import { differenceLines } from "./value-difference.ts";

// A trace is another run of the test; who sees so many mends the first.
const maxDetailed = 20;

type Wanted = {
  readonly texts: Texts;
  /** The report has the expressions with their values itself. */
  readonly onlyDifferences: boolean;
};

/**
 * What is told of failures beside OPA's report: the expression that failed with
 * the values in it, and of an equation the difference of its sides.
 */
export async function detailsText(
  suite: TestSuite,
  failures: readonly TestOutcome[],
  wanted: Wanted,
): Promise<string> {
  const tests = failures
    .map(({ test }) => test)
    .filter(({ isSnapshot }) => !isSnapshot);
  const traced = await suite.trace(tests.slice(0, maxDetailed), {
    values: "fails",
    // A test that was not entered has no expression that failed.
    ruleIndex: false,
  });
  const texts = traced.flatMap(({ failures: places, test }) =>
    places.map((place) => failureText(fullName(test), place, wanted)),
  );
  const more = tests.length - maxDetailed;
  return more > 0 && texts.length > 0
    ? `${texts.join("")}\n… and ${more} more; --run chooses which are told of\n`
    : texts.join("");
}

function failureText(
  name: string,
  { failed, notes }: TestFailure,
  { onlyDifferences, texts }: Wanted,
): string {
  const lines = differenceOf(failed);
  if (onlyDifferences && lines.length === 0) {
    return "";
  }
  const title = [name, ...notes.map((note) => `[${note}]`)].join("");
  const site = onlyDifferences
    ? "\n"
    : siteText({ ...failed, parts: withoutRoots(failed.parts) }, texts);
  const difference = lines
    .map((line) => (line === "" ? "\n" : `    ${line}\n`))
    .join("");
  return `\n${title}:${site}${difference}`;
}

/** OPA calls `input` undefined beside `input.x`, though only that is. */
function withoutRoots(parts: readonly PartValue[]): readonly PartValue[] {
  return parts.filter(
    ({ location, value }) =>
      value !== undefined ||
      !parts.some(
        (other) =>
          other.location.row === location.row &&
          other.location.col === location.col &&
          (other.location.text ?? "").length > (location.text ?? "").length,
      ),
  );
}

/** A literal is what was expected, else the right side. */
function differenceOf({ sides }: TestFailure["failed"]): readonly string[] {
  if (!sides) {
    return [];
  }
  const [left, right] = sides;
  const isLeft = left.isLiteral && !right.isLiteral;
  const [expected, found] = isLeft ? [left, right] : [right, left];
  const lines = differenceLines(expected.value, found.value);
  return lines.length === 0 ? [] : ["", "- expected, + found", ...lines];
}
