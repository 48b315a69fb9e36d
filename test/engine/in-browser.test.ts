import { build } from "esbuild";
import { expect, test } from "vitest";

test("src/engine bundles for a browser: no node: module, no package", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["src/engine/index.ts"],
    bundle: true,
    platform: "browser",
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const outside = Object.keys(metafile.inputs).filter(
    (file) => !file.startsWith("src/engine/"),
  );
  expect(outside).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(
    /(?<!\.)\brequire\(["']|\bprocess\./,
  );
});
