import { readFileSync } from "node:fs";
import lcovParser from "@friedemannsommer/lcov-parser/sync";
import ajvDraft04 from "ajv-draft-04";
import { beforeAll, describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import {
  prepareTests,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";
import { sarifReport } from "./annotations.ts";
import { coberturaReport, lcovReport } from "./coverage-formats.ts";
import { junitReport } from "./junit.ts";

// Published by the Jenkins project and by OASIS's schema store.
const junitSchema = readFileSync("test/fixtures/schemas/junit-4.xsd", "utf8");
const sarifSchema = JSON.parse(
  readFileSync("test/fixtures/schemas/sarif-2.1.0-rtm.5.json", "utf8"),
);

// The project publishes a DTD, which the validator does not read: it says the same.
const coberturaSchema = readFileSync(
  "test/fixtures/schemas/cobertura-04.xsd",
  "utf8",
);

/** Tests of every kind, and texts that want to be escaped. */
const text = `package a_test

test_good if true

test_prints if {
	print("<&> \\"\\u0007é\\u2028 ]]>")
	false
}

test_errs := x if some x in [true, false]

todo_test_later if false

test_cases[note] if {
	some note, n in {"<one>": 1, "a & b": 2}
	n == 1
}

p := 1 if {
	input.nothing
	true
} else := 2
`;

const file = "a folder/ü_test.rego";
let suite: TestSuite;
const outcomes: TestOutcome[] = [];

beforeAll(async () => {
  const prepared = await prepareTests({
    modules: { [file]: text },
    coverage: { runs: [] },
  });
  if ("errors" in prepared) {
    throw prepared.errors[0];
  }
  ({ suite } = prepared);
  for (const one of suite.tests) {
    outcomes.push(await suite.run(one));
  }
});

/** What a validator that is right says of a document that is wrong. */
function broken(report: string): string {
  return report.replace(/<testcase /, "<testcase unknown='1' ");
}

async function schemaErrors(
  contents: string,
  schema: string,
): Promise<readonly string[]> {
  const xml = [{ fileName: "report.xml", contents }];
  const { errors } = await validateXML({ xml, schema: [schema] });
  return errors.map(({ message }) => message);
}

describe("published schemas", () => {
  test("JUnit", async () => {
    const report = junitReport(outcomes);
    expect(await schemaErrors(report, junitSchema)).toEqual([]);
    expect(await schemaErrors(broken(report), junitSchema)).not.toEqual([]);
  });

  test("SARIF 2.1.0", () => {
    const ajv = new ajvDraft04.default({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
    });
    const validate = ajv.compile(sarifSchema);
    const log = JSON.parse(sarifReport(outcomes));
    expect(log.runs[0].results).toHaveLength(3);
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    delete log.runs[0].tool;
    expect(validate(log)).toBe(false);
  });

  test("Cobertura", async () => {
    const report = coberturaReport(await suite.coverage());
    expect(report).toContain(`filename="${file}"`);
    expect(await schemaErrors(report, coberturaSchema)).toEqual([]);
    for (const part of ["<methods/>", / hits="\d"/, ' timestamp="0"']) {
      const wrong = report.replace(part, "");
      expect(await schemaErrors(wrong, coberturaSchema)).not.toEqual([]);
    }
  });

  test("LCOV, as another reader reads it", async () => {
    const coverage = await suite.coverage();
    const [section, ...others] = lcovParser({ from: lcovReport(coverage) });
    expect(others).toEqual([]);
    expect(section?.path).toBe(file);
    const covered = section?.lines.details
      .filter(({ hit }) => hit > 0)
      .map(({ line }) => line);
    const missed = section?.lines.details
      .filter(({ hit }) => hit === 0)
      .map(({ line }) => line);
    expect(covered).toEqual(expect.arrayContaining([3, 6, 7, 10, 14]));
    expect(missed).toEqual(expect.arrayContaining([5, 12, 19, 20]));
    expect(section?.lines.instrumented).toBe(
      (covered?.length ?? 0) + (missed?.length ?? 0),
    );
    expect(section?.lines.hit).toBe(covered?.length);
  });
});
