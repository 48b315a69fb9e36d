import { expect, test } from "vitest";
import { joinSources } from "./join-sources.ts";
import { type SourceFiles, toSourceFiles } from "./read-directory.ts";

const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function source(
  roots: readonly string[],
  files: Readonly<Record<string, string>>,
  modules: readonly string[] = [],
): SourceFiles {
  return toSourceFiles(
    new Map(
      Object.entries({ ".manifest": JSON.stringify({ roots }), ...files }),
    ),
    new Map(modules.map((name) => [name, wasm])),
  );
}

const join = (...all: readonly SourceFiles[]) =>
  joinSources(new Map(all.map((one, at) => [String(at), one])));

test("each bundle has its own guards' modules and data", () => {
  const joined = join(
    source(["guards/a"], {}, ["guards/a/guard.wasm"]),
    source(["people"], { "policies/people/data.json": '{"x": 1}' }),
  );
  expect([...joined.guardModules.keys()]).toEqual(["guards/a/guard.wasm"]);
  expect(joined.data).toEqual({ people: { x: 1 } });
});

test.each([
  [
    "a guard's module outside the roots",
    source(["people"], {}, ["guards/a/guard.wasm"]),
    "manifest roots [people] do not permit 'package guards.a' in module 'guards/a/guard.wasm'",
  ],
  [
    "a package with an odd name",
    source(["people"], { "policies/x.rego": 'package people2["x-y"]\n' }),
    "manifest roots [people] do not permit 'package people2[\"x-y\"]' in module 'policies/x.rego'",
  ],
  [
    "a delta",
    source(["people"], { "patch.json": '{"data": []}' }),
    "a delta bundle (patch.json) cannot be loaded by itself",
  ],
])("refused: %s", (_, one, wanted) => {
  expect(() => join(source(["other"], {}), one)).toThrow(wanted);
});
