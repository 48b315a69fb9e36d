import { expect, test } from "vitest";
import { PolicyError } from "../engine/index.ts";
import { readManifests, readPipeline } from "./manifest.ts";
import { toSourceFiles } from "./read-directory.ts";

function source(
  pipeline: string | undefined,
  more: Record<string, string> = {},
) {
  return toSourceFiles(
    new Map(
      Object.entries({
        "guards/dlp/guard.rego": "package guards.dlp",
        "guards/tested/guard_test.rego": "package guards.tested",
        ...(pipeline === undefined ? {} : { "guards/pipeline.yaml": pipeline }),
        ...more,
      }),
    ),
  );
}

test("an entry has every default", () => {
  expect(readPipeline(source("pipeline: [{ guard: dlp }]"))).toEqual([
    {
      guard: "dlp",
      mode: "enforce",
      onError: "deny",
      onUndefined: "deny",
      limits: { fuel: 5_000_000, memoryPages: 256, deadlineMs: 20 },
    },
  ]);
});

test("an entry with everything", () => {
  const text = `
pipeline:
  - guard: dlp
    mode: monitor
    onError: skip
    onUndefined: allow
    limits: { fuel: 1_000, memoryPages: 64, deadlineMs: 5 }
`;
  expect(readPipeline(source(text))).toEqual([
    {
      guard: "dlp",
      mode: "monitor",
      onError: "skip",
      onUndefined: "allow",
      limits: { fuel: 1_000, memoryPages: 64, deadlineMs: 5 },
    },
  ]);
});

test.each([
  {
    note: "P8 missing",
    text: undefined,
    want: "bundle_load_error: `guards/pipeline.yaml` is missing: without an order of guards nothing can be allowed",
  },
  {
    note: "P8 an empty list",
    text: "pipeline: []",
    want: "guards/pipeline.yaml:1:1: guard_manifest_error: the pipeline is empty: without a guard nothing can be allowed",
  },
  {
    note: "P8 an empty file",
    text: "",
    want: "guards/pipeline.yaml:1:1: guard_manifest_error: `pipeline` is required",
  },
  {
    note: "P8 a null list",
    text: "pipeline:",
    want: "guards/pipeline.yaml:1:1: guard_manifest_error: `pipeline` must be a list, not `null`",
  },
  {
    note: "P19 an unknown key",
    text: "pipeline:\n  - guard: dlp\n    onerror: allow",
    want: "guards/pipeline.yaml:3:5: guard_manifest_error: unknown key `onerror`; did you mean `onError`?",
  },
  {
    note: "an unknown word",
    text: "pipeline:\n  - guard: dlp\n    onError: pass",
    want: "guards/pipeline.yaml:3:5: guard_manifest_error: `pipeline.0.onError` must be deny or allow or skip, not `pass`",
  },
  {
    note: "fuel 0",
    text: "pipeline:\n  - guard: dlp\n    limits: { fuel: 0 }",
    want: "guards/pipeline.yaml:3:15: guard_manifest_error: `pipeline.0.limits.fuel` must be a whole number from 1, not `0`",
  },
  {
    note: "a guard that is not there",
    text: "pipeline:\n  - guard: dlp\n  - guard: audit",
    want: "guards/pipeline.yaml:3:5: guard_manifest_error: there is neither a Rego file nor guard.wasm in `guards/audit/`",
  },
  {
    note: "a guard with tests only",
    text: "pipeline:\n  - guard: tested",
    want: "guards/pipeline.yaml:2:5: guard_manifest_error: there is neither a Rego file nor guard.wasm in `guards/tested/`",
  },
  {
    note: "a guard twice",
    text: "pipeline:\n  - guard: dlp\n  - guard: dlp",
    want: "guards/pipeline.yaml:3:5: guard_manifest_error: guard `dlp` stands in the pipeline twice",
  },
  {
    note: "a name that is no name",
    text: "pipeline:\n  - guard: ../dlp",
    want: "guards/pipeline.yaml:2:5: guard_manifest_error: `pipeline.0.guard` must be a guard's name (snake_case), not `../dlp`",
  },
])("the pipeline is refused: $note", ({ text, want }) => {
  const read = () => readPipeline(source(text));
  expect(read).toThrow(PolicyError);
  expect(read).toThrow(expect.objectContaining({ message: want }));
});

const onlyDlp = "pipeline: [{ guard: dlp }]";

test("a guard's manifest", () => {
  const files = source(onlyDlp, {
    "guards/dlp/guard.yaml":
      "name: dlp\ndescription: secrets\nreads: [input.parsed_body]",
  });
  expect(readManifests(files, readPipeline(files))).toEqual([
    {
      name: "dlp",
      description: "secrets",
      version: "",
      entrypoint: "guards/dlp/verdict",
      reads: ["input.parsed_body"],
    },
  ]);
});

test.each([
  {
    note: "another name",
    text: "name: pld",
    want: "guards/dlp/guard.yaml:1:1: guard_manifest_error: `name` must be the folder's name `dlp`, not `pld`",
  },
  {
    note: "another entrypoint",
    text: "name: dlp\nentrypoint: guards/dlp/allow",
    want: "guards/dlp/guard.yaml:2:1: guard_manifest_error: `entrypoint` must be `guards/dlp/verdict`, not `guards/dlp/allow`",
  },
  {
    note: "P19 an unknown key",
    text: "name: dlp\ndescripton: secrets",
    want: "guards/dlp/guard.yaml:2:1: guard_manifest_error: unknown key `descripton`; did you mean `description`?",
  },
])("a manifest is refused: $note", ({ text, want }) => {
  const files = source(onlyDlp, { "guards/dlp/guard.yaml": text });
  const read = () => readManifests(files, readPipeline(files));
  expect(read).toThrow(expect.objectContaining({ message: want }));
});
