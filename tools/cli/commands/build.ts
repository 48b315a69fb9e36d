import { writeFileSync } from "node:fs";
import {
  type CompileOptions,
  compile,
  type HostCall,
  inspect,
  optimizationNames,
  PolicyError,
  readAnnotations,
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
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { loadPaths } from "../load-paths.ts";
import { printErrors } from "../output.ts";

/** `portcullis build`: one WASM module that every OPA WASM SDK runs. */
export const build: Command = {
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
    target: {
      type: "string",
      short: "t",
      argument: "TARGET",
      help: "wasm, or sdk: fail if an entrypoint needs a builtin that the stock SDK lacks (default wasm)",
    },
    capabilities: capabilitiesFlag,
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
    const target = textFlag(args, "target") ?? "wasm";
    if (target !== "wasm" && target !== "sdk") {
      console.error("portcullis build: --target takes wasm or sdk");
      return exitCode.failed;
    }
    if (args.positionals.length === 0) {
      console.error("portcullis build: give a file or folder");
      return exitCode.failed;
    }
    const optimizations = withoutOptimizations(
      textFlags(args, "disable-optimization"),
    );
    const { modules } = loadPaths(args.positionals);
    const entrypoints = findEntrypoints(args, modules);
    if (entrypoints.length === 0) {
      console.error(
        "portcullis build: name each rule to expose by --entrypoint, or by `# entrypoint: true` in its metadata",
      );
      return exitCode.failed;
    }
    const builtins = await loadBuiltins(args);
    const options = {
      modules,
      entrypoints,
      optimizations,
      builtins,
      ...loadCapabilities(args).compile,
    };
    const stage = textFlag(args, "emit");
    if (stage !== undefined) {
      return emit(stage, options);
    }
    const compiled = compile(options);
    if ("errors" in compiled) {
      printErrors(compiled.errors);
      return exitCode.failed;
    }
    const hostCalls = compiled.policy.hostCalls();
    const missing = target === "sdk" ? hostCalls.filter(lacksInSdk) : [];
    if (missing.length > 0) {
      printErrors(missing.map(toFault));
      return exitCode.failed;
    }
    for (const { entrypoint, builtin, location } of hostCalls) {
      const { file, row, col } = location;
      console.error(
        `portcullis build: ${entrypoint} needs ${builtin} of its host (${file}:${row}:${col})`,
      );
    }
    writeFileSync(
      textFlag(args, "output") ?? "policy.wasm",
      compiled.policy.wasm,
    );
    return exitCode.fine;
  },
};

/** The rules that are named, and those whose metadata says so. */
function findEntrypoints(
  args: Arguments,
  modules: Readonly<Record<string, string>>,
): readonly string[] {
  const named = textFlags(args, "entrypoint");
  const read = readAnnotations(modules);
  // What is wrong with the metadata, the compiler says better.
  const annotated = "errors" in read ? [] : read.entrypoints;
  return [...new Set([...named, ...annotated])];
}

/** What `@open-policy-agent/opa-wasm` brings of what a module of ours may ask for. */
const sdkBuiltins: readonly string[] = [
  "yaml.is_valid",
  "yaml.marshal",
  "yaml.unmarshal",
];

function lacksInSdk({ builtin }: HostCall): boolean {
  return !sdkBuiltins.includes(builtin);
}

function toFault({ entrypoint, builtin, location }: HostCall): PolicyError {
  return new PolicyError(
    "rego_compile_error",
    `${entrypoint} calls ${builtin}, which the stock SDK has not`,
    { location },
  );
}

function emit(stage: string, options: CompileOptions): number {
  if (stage !== "ast" && stage !== "ir" && stage !== "wat") {
    console.error("portcullis build: --emit takes ast, ir or wat");
    return exitCode.failed;
  }
  const found = inspect(options);
  if ("errors" in found) {
    printErrors(found.errors);
    return exitCode.failed;
  }
  process.stdout.write(found[stage]);
  return exitCode.fine;
}
