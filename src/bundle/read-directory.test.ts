import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { PolicyError } from "../engine/index.ts";
import { digestFiles } from "./digest.ts";
import { readDirectory, toSourceFiles } from "./read-directory.ts";
import { toSource } from "./read-source.ts";

function write(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-source-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test("Rego anywhere is a module; data lands by folder", () => {
  const folder = write({
    "guards/pipeline.yaml": "pipeline: []",
    "guards/dlp/guard.rego": "package guards.dlp",
    "guards/dlp/data.yaml": "kinds: { a: 1 }",
    "policies/data.json": '{"top":true}',
    "policies/people/data.yaml": "alice: { age: 3 }",
    "policies/people/data.json": '{"bob":{}}',
    "policies/lib/x.rego": "package lib",
    "policies/.hidden/data.yaml": "hidden: true",
    "policies/notes.txt": "not read",
    "elsewhere/data.yaml": "outside: true",
  });
  const source = readDirectory(folder);
  expect([...source.files.keys()]).toEqual([
    "guards/dlp/data.yaml",
    "guards/dlp/guard.rego",
    "guards/pipeline.yaml",
    "policies/data.json",
    "policies/lib/x.rego",
    "policies/people/data.json",
    "policies/people/data.yaml",
  ]);
  expect(Object.keys(source.modules)).toEqual([
    "guards/dlp/guard.rego",
    "policies/lib/x.rego",
  ]);
  expect(source.data).toEqual({
    guards: { dlp: { kinds: { a: 1 } } },
    top: true,
    people: { alice: { age: 3 }, bob: {} },
  });
});

test("a folder that is a link is followed, as in a mounted volume", () => {
  const folder = write({
    "real/a.rego": "package a",
    "guards/b.rego": "package b",
  });
  symlinkSync(join(folder, "real"), join(folder, "policies"));
  expect(Object.keys(readDirectory(folder).modules)).toEqual([
    "guards/b.rego",
    "policies/a.rego",
  ]);
});

test.each([
  {
    note: "JSON",
    file: "policies/data.json",
    text: '{"a": 12345678901234567890,\n\t"b": 1.5, "c": "12345678901234567890", "d": -9007199254740993}',
    want: {
      a: 12345678901234567890n,
      b: 1.5,
      c: "12345678901234567890",
      d: -9007199254740993n,
    },
  },
  {
    note: "YAML",
    file: "policies/data.yaml",
    text: "a: 12345678901234567890\nb: 1.5\nc: '12345678901234567890'\nd: -9007199254740993\ne: 0x10",
    want: {
      a: 12345678901234567890n,
      b: 1.5,
      c: "12345678901234567890",
      d: -9007199254740993n,
      e: 16,
    },
  },
  {
    note: "a JSON key twice: the last holds",
    file: "policies/data.json",
    text: '{"a": 1, "a": 2, "b": 9007199254740993}',
    want: { a: 2, b: 9007199254740993n },
  },
  { note: "an empty file", file: "policies/data.yaml", text: "", want: {} },
])("integers stay exact: $note", ({ file, text, want }) => {
  expect(toSourceFiles(new Map([[file, text]])).data).toEqual(want);
});

test("`__proto__` in data is a key like any other", () => {
  const { data } = toSourceFiles(
    new Map([["policies/data.json", '{"__proto__": {"polluted": 1}}']]),
  );
  expect(Object.keys(data)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test.each([
  {
    note: "no source",
    files: { "readme.md": "" },
    want: /has neither a `guards` nor a `policies` folder$/,
  },
  {
    note: "data that is no object",
    files: { "policies/data.json": "[1]" },
    want: /^bundle_load_error: `policies\/data.json` must hold an object, for its members become members of `data`$/,
  },
  {
    note: "one place set twice",
    files: {
      "policies/data.json": '{"a":{"b":1}}',
      "policies/a/data.yaml": "b: 2",
    },
    want: /^bundle_load_error: `policies\/data.json` sets `b`, which another file has set$/,
  },
  {
    note: "broken YAML",
    files: { "policies/data.yaml": "a: 1\nb: [1,\n" },
    want: /^policies\/data.yaml:\d+:\d+: bundle_load_error: cannot be read as YAML: /,
  },
  {
    note: "a YAML key twice",
    files: { "policies/data.yaml": "a: 1\na: 2" },
    want: /^policies\/data.yaml:2:1: bundle_load_error: cannot be read as YAML: duplicated mapping key$/,
  },
  {
    note: "broken JSON",
    files: { "policies/data.json": '{"a": 1,\n x}' },
    want: /^policies\/data.json:2:2: bundle_load_error: cannot be read as JSON: /,
  },
  {
    note: "JSON that ends early",
    files: { "policies/data.json": '{"a": ' },
    want: /^policies\/data.json:1:7: bundle_load_error: cannot be read as JSON: /,
  },
  {
    note: "no UTF-8",
    files: { "policies/x.rego": new Uint8Array([0x70, 0xff]) },
    want: /^bundle_load_error: `policies\/x.rego` cannot be read as UTF-8 text$/,
  },
])("refused: $note", ({ files, want }) => {
  const folder = write(files as unknown as Record<string, string>);
  const read = () => readDirectory(folder);
  expect(read).toThrow(want);
  expect(read).toThrow(PolicyError);
});

test("refused in an archive: no UTF-8", () => {
  const name = "policies/x.rego";
  const bytes = new Uint8Array([0x70, 0xff]);
  expect(() => toSource([{ path: `/${name}`, name, bytes }])).toThrow(
    "`policies/x.rego` cannot be read as UTF-8 text",
  );
});

test("P18: the digest knows names and contents, not their order", () => {
  const digest = (...files: [string, string][]) => digestFiles(new Map(files));
  const base = digest(["a", "1"], ["b", "2"]);
  expect(digest(["b", "2"], ["a", "1"])).toBe(base);
  expect(digest(["a", "1"], ["b", "3"])).not.toBe(base);
  expect(digest(["a", "1"], ["c", "2"])).not.toBe(base);
  expect(digest(["a", "1b"], ["", "2"])).not.toBe(base);
  expect(base).toMatch(/^[0-9a-f]{64}$/);
});
