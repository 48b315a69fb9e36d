// `npm run build`: joins the command line's modules into a few files, so that a
// command starts without opening hundreds. Packages that load files of their
// own stay outside.
import { rmSync } from "node:fs";
import { build } from "esbuild";

// As deep as the modules it is made of, so that paths from them stay right.
const outdir = "dist/tools/bin";

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    portcullis: "dist/tools/cli/main.js",
    "compile-worker": "dist/src/bundle/compile-worker.js",
  },
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // A package's own modules rather than its CommonJS, of which nothing can be
  // left out; and no blanks: a start waits for all that is read.
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  external: [
    "@grpc/*",
    "grpc-health-check",
    "protobufjs",
    "pino",
    "prom-client",
    "chokidar",
  ],
  banner: {
    // CommonJS packages ask for Node's own modules.
    js: 'import { createRequire as portcullisRequire } from "node:module"; const require = portcullisRequire(import.meta.url);',
  },
  logLevel: "warning",
});
