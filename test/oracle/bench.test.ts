import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const files = {
  "p.rego": "package p\n\nq := input.x + data.y\n",
  "data.json": '{"y": 1}',
  "input.json": '{"x": 2}',
  "bad.rego": "package p\n\nr := s\n",
};

const asked = ["-d", "p.rego", "-d", "data.json", "-i", "input.json"];
const noMemory = "--benchmem=false";

const shown: readonly (readonly string[])[] = [
  ["-f", "pretty", ...asked, "data.p.q"],
  ["-f", "json", ...asked, "data.p.q"],
  ["-f", "gobench", "--metrics=false", "--fail=false", "data.p.none"],
];

const faults: readonly (readonly string[])[] = [
  [...asked, "data.p.none"],
  ["-d", "bad.rego", "data.p.r"],
  ["-d", "nowhere", "1"],
  [],
];

/** What is named, without what was measured. */
function named(text: string): readonly string[] {
  return (
    text
      .split(/[\n\t]/)
      .map((line) => line.replace(/ +[\d.e+-]+\b|\b[\d.]+ (?=│)/g, " N"))
      .map((line) => line.replace(/─+/g, "─").replace(/ +/g, " ").trim())
      // A step that ours has not.
      .filter((line) => !line.includes("timer_rego_external_resolve"))
  );
}

describe.skipIf(opaProgram === undefined)("bench", () => {
  test.each(shown)("%o", (...args) => {
    const folder = treeOf(files);
    const { opa, own } = runBoth(folder, ["bench", noMemory, ...args]);
    expect(own.stderr).toBe("");
    expect(own.status).toBe(opa.status);
    const [ours, theirs] = [own, opa].map(({ stdout }) => named(stdout));
    expect(ours?.map(withoutMemory)).toEqual(theirs?.map(withoutMemory));
  });

  test.each(faults)("what cannot be measured: %o", (...args) => {
    const folder = treeOf(files);
    const { opa, own } = runBoth(folder, ["bench", ...args]);
    expect(own.stdout).toBe("");
    expect(own.status).toBe(opa.status);
    if (args.length > 0) {
      expect(own.stderr).toBe(opa.stderr);
    }
  });
});

/** OPA counts allocations in JSON in any case; of ours there are none. */
function withoutMemory(line: string): string {
  return line.replace(/("Mem\w+":) .*/, "$1");
}
