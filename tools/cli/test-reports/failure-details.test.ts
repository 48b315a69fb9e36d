import { expect, test } from "vitest";
import { prepareTests } from "../../../src/engine/index.ts";
import { detailsText } from "./failure-details.ts";

const text = `package a_test

roles := {"dev", "ops"}

test_roles if roles == {"admin", "dev"}

test_undefined if input.user == "alice"

test_literal_first if [1, 2, 3] == [x | some x in [1, 3]]

test_cases[note] if {
	some note, n in {"one": 1, "two": 2}
	n < 2
}
`;

test("failures with the values in them and the difference of an equation", async () => {
  const modules = { "a_test.rego": text };
  const prepared = await prepareTests({ modules });
  if ("errors" in prepared) {
    throw prepared.errors[0];
  }
  const { suite } = prepared;
  const outcomes = [];
  for (const one of suite.tests) {
    outcomes.push(await suite.run(one));
  }
  const wanted = { texts: modules, onlyDifferences: false };
  const differences = { ...wanted, onlyDifferences: true };
  const told = await detailsText(suite, outcomes, wanted);
  expect(told).toBe(`
data.a_test.test_roles:
  a_test.rego:5:
                  roles == {"admin", "dev"}
                  |
                  {"dev", "ops"}

    - expected, + found
    - "admin"
    + "ops"

data.a_test.test_undefined:
  a_test.rego:7:
                      input.user == "alice"
                      |
                      undefined

data.a_test.test_literal_first:
  a_test.rego:9:
                          [1, 2, 3] == [x | some x in [1, 3]]
                                       |
                                       [1, 3]

    - expected, + found
    - [1]: 2

data.a_test.test_cases[two]:
  a_test.rego:13:
    	n < 2
    	|
    	2
`);
  expect(await detailsText(suite, outcomes, differences)).toBe(`
data.a_test.test_roles:

    - expected, + found
    - "admin"
    + "ops"

data.a_test.test_literal_first:

    - expected, + found
    - [1]: 2
`);
});
