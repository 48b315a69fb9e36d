import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareTests, type TestOutcome } from "../../src/engine/index.ts";
import { treeOf } from "../../test/support/command-line.ts";
import { type SnapshotMode, Snapshots } from "./test-reports/snapshots.ts";

const text = `package a_test

snapshot_value := {"roles": {"b", "a"}, "n": 2.50} if not data.other

snapshot_set contains x if some x in [3, 1]

snapshot_undefined := 1 if input.nothing

test_a if true
`;

/** Runs the snapshots of a file as `test --snapshot` does. */
async function run(file: string, mode: SnapshotMode, data: object = {}) {
  const modules = { [file]: readFileSync(file, "utf8") };
  const prepared = await prepareTests({ modules, data, snapshots: true });
  if ("errors" in prepared) {
    throw prepared.errors[0];
  }
  const { suite } = prepared;
  const snapshots = new Snapshots(mode);
  const outcomes: TestOutcome[] = [];
  for (const one of suite.tests) {
    outcomes.push(snapshots.judge(await suite.run(one)));
  }
  return {
    told: snapshots.finish(suite.snapshots, [file]),
    failed: outcomes
      .filter(({ status }) => status !== "pass")
      .map(({ output, test: { name } }) => `${name}: ${output}`),
  };
}

const plain = { update: false, ci: false };
const update = { update: true, ci: false };

function written(): string {
  return join(treeOf({ "a_test.rego": text }), "a_test.rego");
}

test("what is not stored is written, with nothing lost, and then compared", async () => {
  const file = written();
  const first = await run(file, plain);
  expect(first).toEqual({ told: "snapshots written: 3\n", failed: [] });
  expect(readFileSync(`${file}.snap`, "utf8")).toBe(
    `# Values of \`snapshot_\` rules; \`portcullis test --update-snapshots\` writes them anew.

== data.a_test.snapshot_set
{
	1,
	3,
}

== data.a_test.snapshot_undefined
undefined

== data.a_test.snapshot_value
{
	"n": 2.50,
	"roles": {
		"a",
		"b",
	},
}
`,
  );
  expect(await run(file, plain)).toEqual({ told: "", failed: [] });
});

test("in CI nothing is written", async () => {
  const file = written();
  const { failed, told } = await run(file, { update: false, ci: true });
  expect(told).toBe("");
  expect(failed).toHaveLength(3);
  expect(failed[0]).toContain("no value is stored in ");
  expect(existsSync(`${file}.snap`)).toBe(false);
});

test("what differs fails by its lines, until it is stored anew", async () => {
  const file = written();
  await run(file, plain);
  writeFileSync(file, text.replace('"b"', '"c"').replace("2.50", "2.5"));
  const { failed } = await run(file, plain);
  expect(failed).toEqual([
    'snapshot_value: - stored, + found\n- \t"n": 2.50,\n+ \t"n": 2.5,\n- \t\t"b",\n+ \t\t"c",\n',
  ]);
  const renewed = await run(file, update);
  expect(renewed).toEqual({ told: "snapshots updated: 1\n", failed: [] });
  expect((await run(file, plain)).failed).toEqual([]);
});

test("what has no rule any more is named, and removed on demand", async () => {
  const file = written();
  await run(file, plain);
  writeFileSync(file, "package a_test\n\nsnapshot_set := {1, 3}\n");
  const { told } = await run(file, plain);
  expect(told.split("\n").map((line) => line.split(": ").slice(1))).toEqual([
    [
      "obsolete",
      "data.a_test.snapshot_undefined; --update-snapshots removes it",
    ],
    ["obsolete", "data.a_test.snapshot_value; --update-snapshots removes it"],
    [],
  ]);
  expect((await run(file, update)).told).toBe("snapshots removed: 2\n");
  writeFileSync(file, "package a_test\n");
  expect((await run(file, update)).told).toBe("snapshots removed: 1\n");
  expect(existsSync(`${file}.snap`)).toBe(false);
});
