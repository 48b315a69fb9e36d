// `npm run build`: joins the command line's modules into one file, and keeps the
// code that V8 makes of it, so that a start neither opens hundreds of files nor
// reads them again. Packages that load files of their own stay outside.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

// As deep as the modules it is made of, so that paths from them stay right.
const outdir = "dist/tools/bin";

const options = {
  outdir,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  // A package's own modules rather than its CommonJS, of which nothing can be
  // left out.
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  define: { "import.meta.url": "portcullisUrl" },
  external: [
    "@grpc/*",
    "grpc-health-check",
    "protobufjs",
    "pino",
    "prom-client",
  ],
  logLevel: "warning",
};
const url =
  'const portcullisUrl = require("node:url").pathToFileURL(__filename).href;';

// A script that V8 has code of cannot import a user's module: `launch.cjs` does.
const importOutside = {
  name: "import-outside",
  setup: ({ onLoad }) =>
    onLoad({ filter: /load-builtins\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        "await import(",
        "await portcullisImport(",
      ),
    })),
};

rmSync(outdir, { recursive: true, force: true });
await build({
  ...options,
  entryPoints: {
    "workshop-thread": "dist/src/bundle/workshop-thread.js",
    "test-worker": "dist/tools/cli/test-reports/test-worker.js",
  },
  banner: { js: url },
});
// A function of what a module has for its own: `launch.cjs` calls it.
await build({
  ...options,
  entryPoints: { commands: "dist/tools/cli/main.js" },
  banner: {
    js: `(function (exports, require, module, __filename, portcullisImport) {${url}`,
  },
  plugins: [importOutside],
  footer: { js: "})" },
});
copyFileSync("tools/cli/launch.cjs", join(outdir, "portcullis.js"));
writeFileSync(join(outdir, "package.json"), '{ "type": "commonjs" }\n');

// V8 makes code of a function when it is called first: what these commands call
// is in the file with the rest.
const warmUp = [
  ["eval", "1 + 1"],
  ["check", "policies", "guards"],
  ["fmt", "--list", "policies", "guards"],
  ["test", "-b", ".", "test/policies"],
];

const program = createRequire(import.meta.url)(`../../${outdir}/portcullis.js`);
const { script, main } = program.loadCommands();
const write = process.stdout.write;
process.stdout.write = () => true;
for (const argv of warmUp) {
  await main(argv);
}
process.stdout.write = write;
writeFileSync(join(outdir, "commands.code"), script.createCachedData());
