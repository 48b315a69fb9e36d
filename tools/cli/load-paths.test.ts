import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadPaths } from "./load-paths.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-load-"));
for (const file of ["a.rego", "a_test.rego", "sub/b.rego", ".h/c.rego"]) {
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), "package p\n");
}

test.each([
  {
    note: "nothing",
    ignore: [],
    want: ["a.rego", "a_test.rego", "sub/b.rego"],
  },
  { note: "a star", ignore: ["*_test.rego"], want: ["a.rego", "sub/b.rego"] },
  { note: "a folder", ignore: ["sub"], want: ["a.rego", "a_test.rego"] },
  { note: "a class", ignore: ["[ab].rego"], want: ["a_test.rego"] },
  {
    note: "a point is a point",
    ignore: ["a?rego", "a.reg"],
    want: ["a_test.rego", "sub/b.rego"],
  },
])("ignores $note", ({ ignore, want }) => {
  const { modules } = loadPaths([folder], { ignore });
  const names = Object.keys(modules).map((file) =>
    file.slice(folder.length + 1),
  );
  expect(names.toSorted()).toEqual(want);
});
