import { expect, test } from "vitest";
import { PolicyError } from "../engine/index.ts";
import { noManifest } from "./bundle-manifest.ts";
import { applyDelta } from "./delta.ts";
import { parsePatch } from "./patch.ts";
import type { SourceFiles } from "./read-directory.ts";

const data = { a: { list: [1, 2, 3], n: { deep: 1 } }, b: "text" };

const sourceOf = (parts: Partial<SourceFiles>): SourceFiles => ({
  files: new Map(),
  modules: {},
  guardModules: new Map(),
  data: {},
  ...parts,
});

const snapshot = sourceOf({ data, modules: { "a.rego": "package a\n" } });

const apply = (
  operations: readonly object[],
  parts: Partial<SourceFiles> = {},
) =>
  applyDelta(
    snapshot,
    sourceOf({
      patch: parsePatch(JSON.stringify({ data: operations })),
      ...parts,
    }),
  ).data;

test.each([
  {
    note: "a member anew",
    patch: [{ op: "upsert", path: "/a/x", value: 1 }],
    want: { ...data, a: { ...data.a, x: 1 } },
  },
  {
    note: "a member that is there",
    patch: [{ op: "upsert", path: "b", value: [true] }],
    want: { ...data, b: [true] },
  },
  {
    note: "folders on the way",
    patch: [{ op: "upsert", path: "/x/y/z", value: null }],
    want: { ...data, x: { y: { z: null } } },
  },
  {
    note: "an element before another",
    patch: [{ op: "upsert", path: "/a/list/0", value: 0 }],
    want: { ...data, a: { ...data.a, list: [0, 1, 2, 3] } },
  },
  {
    note: "an element at the end",
    patch: [
      { op: "upsert", path: "/a/list/-", value: 4 },
      { op: "upsert", path: "/a/list/4", value: 5 },
    ],
    want: { ...data, a: { ...data.a, list: [1, 2, 3, 4, 5] } },
  },
  {
    note: "replaced and removed",
    patch: [
      { op: "replace", path: "/a/list/1", value: "x" },
      { op: "remove", path: "/a/list/0" },
      { op: "remove", path: "/a/n/deep" },
      { op: "replace", path: "/b", value: 2 },
    ],
    want: { a: { list: ["x", 3], n: {} }, b: 2 },
  },
  {
    note: "keys that are escaped",
    patch: [{ op: "upsert", path: "/x%20y/~1~0/__proto__", value: 1 }],
    want: { ...data, "x y": { "/~": JSON.parse('{"__proto__": 1}') } },
  },
  {
    note: "numbers that a double has not",
    patch: [{ op: "upsert", path: "/b", value: 1 }],
    want: { ...data, b: 1 },
  },
])("$note", ({ patch, want }) => {
  const before = structuredClone(data);
  expect(apply(patch)).toEqual(want);
  // A revision under way may use it.
  expect(data).toEqual(before);
});

test("whole numbers stay exact", () => {
  const patch = parsePatch(
    '{"data": [{"op": "upsert", "path": "/n", "value": 12345678901234567890}]}',
  );
  expect(patch[0]?.value).toBe(12345678901234567890n);
});

const notThere = "storage_not_found_error: document does not exist";

test.each([
  {
    note: "no such member",
    patch: [{ op: "remove", path: "/a/x" }],
    want: notThere,
  },
  {
    note: "nothing on the way",
    patch: [{ op: "replace", path: "/x/y", value: 1 }],
    want: notThere,
  },
  {
    note: "below a text",
    patch: [{ op: "remove", path: "/b/x" }],
    want: notThere,
  },
  {
    note: "a folder where a text is",
    patch: [{ op: "upsert", path: "/b/x", value: 1 }],
    want: "storage_write_conflict_error: /b",
  },
  {
    note: "past the end",
    patch: [{ op: "upsert", path: "/a/list/7", value: 1 }],
    want: "storage_not_found_error: /a/list/7: array index out of range",
  },
  {
    note: "no index",
    patch: [{ op: "remove", path: "/a/list/x" }],
    want: "storage_not_found_error: /a/list/x: array index must be integer",
  },
  {
    note: "nothing to remove at the end",
    patch: [{ op: "remove", path: "/a/list/3" }],
    want: "storage_invalid_patch_error: /a/list/3: invalid patch path",
  },
  {
    note: "another operation",
    patch: [{ op: "add", path: "/a/x", value: 1 }],
    want: "bad patch operation: add",
  },
  {
    note: "everything",
    patch: [{ op: "upsert", path: "/", value: {} }],
    want: "storage_invalid_patch_error: the whole of data has no key",
  },
  {
    note: "other roots",
    patch: [],
    parts: { manifest: { ...noManifest, roots: ["a"] } },
    want: "the delta bundle has wasm resolvers or manifest roots that are different from those in force",
  },
  {
    note: "data beside it",
    patch: [],
    parts: { data: { a: 1 } },
    want: "delta bundle expected to contain only patch file but data files found",
  },
  {
    note: "policies beside it",
    patch: [],
    parts: { modules: { "b.rego": "package b\n" } },
    want: "delta bundle expected to contain only patch file but policy files found",
  },
  {
    note: "a guard's module beside the patch",
    patch: [],
    parts: {
      guardModules: new Map([["guards/a/guard.wasm", new Uint8Array()]]),
    },
    want: "delta bundle expected to contain only patch file but wasm files found",
  },
])("refused: $note", ({ patch, parts, want }) => {
  expect(() => apply(patch, parts)).toThrow(
    new PolicyError("bundle_load_error", want),
  );
});

test("a path outside the roots is refused", () => {
  const manifest = { ...noManifest, roots: ["a"] };
  const patch = [{ op: "upsert", path: "/b/", value: 1 }];
  expect(() =>
    applyDelta({ ...snapshot, manifest }, sourceOf({ manifest, patch })),
  ).toThrow("manifest roots [a] do not permit data patch at path 'b'");
});

test.each(["[]", '{"data": {}}', '{"data": [{"op": 1}]}'])(
  "no patch: %s",
  (text) => {
    expect(() => parsePatch(text)).toThrow(
      "bundle load failed on patch decode",
    );
  },
);
