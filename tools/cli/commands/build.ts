import { writeFileSync } from "node:fs";
import {
  type CompileOptions,
  compile,
  inspect,
  optimizationNames,
  withoutOptimizations,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
  textFlags,
} from "../command.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadPaths } from "../load-paths.ts";
import { printErrors } from "../output.ts";

/** `portcullis build`: one WASM module that every OPA WASM SDK runs. */
export const build: Command = {
  name: "build",
  summary: "compile Rego files to a WebAssembly module (OPA ABI 1.3)",
  usage: "PATH...",
  flags: {
    builtins: builtinsFlag,
    entrypoint: {
      type: "string",
      short: "e",
      multiple: true,
      argument: "PATH",
      help: "a rule to expose, as `authz/allow`; may repeat",
    },
    output: {
      type: "string",
      short: "o",
      argument: "FILE",
      help: "where to write the module (default policy.wasm)",
    },
    emit: {
      type: "string",
      argument: "STAGE",
      help: "print a stage instead of writing the module: ast, ir or wat",
    },
    "disable-optimization": {
      type: "string",
      multiple: true,
      argument: "NAME",
      help: `compile without: ${optimizationNames.join(", ")} or all; may repeat`,
    },
  },
  run: async (args: Arguments) => {
    const entrypoints = textFlags(args, "entrypoint");
    if (args.positionals.length === 0 || entrypoints.length === 0) {
      console.error(
        "portcullis build: give a file or folder, and --entrypoint for each rule to expose",
      );
      return exitCode.usage;
    }
    const optimizations = withoutOptimizations(
      textFlags(args, "disable-optimization"),
    );
    const { modules } = loadPaths(args.positionals);
    const builtins = await loadBuiltins(args);
    const options = { modules, entrypoints, optimizations, builtins };
    const stage = textFlag(args, "emit");
    if (stage !== undefined) {
      return emit(stage, options);
    }
    const compiled = compile(options);
    if ("errors" in compiled) {
      printErrors(compiled.errors);
      return exitCode.failed;
    }
    writeFileSync(
      textFlag(args, "output") ?? "policy.wasm",
      compiled.policy.wasm,
    );
    return exitCode.fine;
  },
};

function emit(stage: string, options: CompileOptions): number {
  if (stage !== "ast" && stage !== "ir" && stage !== "wat") {
    console.error("portcullis build: --emit takes ast, ir or wat");
    return exitCode.usage;
  }
  const found = inspect(options);
  if ("errors" in found) {
    printErrors(found.errors);
    return exitCode.failed;
  }
  process.stdout.write(found[stage]);
  return exitCode.fine;
}
