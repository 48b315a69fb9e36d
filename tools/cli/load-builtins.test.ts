import { expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

const declaration = (result: string) =>
  `export const builtins = [{ name: "acme.is_known", decl: { type: "function", args: [{ type: "string" }], result: { type: ${result} } }, run: (user) => user === "ada" }];\n`;
const folder = treeOf({
  "acme.mjs": declaration('"boolean"'),
  "wrong.mjs": declaration('"truth"'),
  "portcullis.yaml": "bundle: { source: source }\n",
  "source/guards/pipeline.yaml": "pipeline:\n  - guard: known\n",
  "source/guards/known/guard.yaml":
    "name: known\ndescription: Callers that acme knows.\nversion: 1.0.0\nentrypoint: guards/known/verdict\n",
  "source/guards/known/guard.rego":
    'package guards.known\n\nverdict := acme.is_known("ada")\n',
});

function run(...args: string[]) {
  const { status, stderr, stdout } = runOwn(args, { cwd: folder });
  // `build` tells on standard output why it has built nothing, as OPA's does.
  return { status, stderr: stderr + (args[0] === "build" ? stdout : "") };
}

const commands: readonly (readonly string[])[] = [
  ["check", "source"],
  ["build", "-e", "guards/known/verdict", "source"],
  ["serve", "--check"],
];

test.each(commands)("%s knows the builtins of a module", (...command) => {
  expect(run(...command)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("undefined function acme.is_known"),
  });
  expect(run(...command, "--builtins", "acme.mjs")).toMatchObject({
    status: 0,
  });
});

test("a declaration at fault is named", () => {
  const { status, stderr } = run("check", "source", "--builtins", "wrong.mjs");
  expect(status).toBe(1);
  expect(stderr).toContain(
    "bundle_load_error: wrong.mjs: `acme.is_known`: `decl.result.type` must be",
  );
});

test("a module that cannot be loaded is named", () => {
  const { status, stderr } = run("check", "source", "--builtins", "no.mjs");
  expect(status).toBe(1);
  expect(stderr).toContain("bundle_load_error: no.mjs: cannot be loaded");
});
