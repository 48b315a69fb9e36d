import { writeFileSync } from "node:fs";
import {
  type CompiledPolicy,
  type CompileOptions,
  compile,
  compilePlan,
  type HostCall,
  inspect,
  optimizationNames,
  PolicyError,
  publishedOptimizations,
  readAnnotations,
  withoutOptimizations,
} from "../../../src/engine/index.ts";
import {
  type BundleSettings,
  bundleOf,
  compiledBundleOf,
  plannedBundleOf,
} from "../build-bundle.ts";
import {
  type BuildSource,
  compilerInput,
  readBuildSource,
} from "../build-source.ts";
import {
  readSigning,
  signingFlags,
  verificationFlags,
} from "../bundle-keys.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { printErrors } from "../output.ts";
import { ignoreFlag, regoVersionOf, versionFlags } from "../shared-flags.ts";
import { errorsText } from "../test-reports/error-text.ts";

const targets = ["rego", "wasm", "sdk", "plan"] as const;
type Target = (typeof targets)[number];

/** `portcullis build`: a bundle as OPA builds them, or one WASM module alone. */
export const build: Command = {
  usage: "PATH...",
  flags: {
    bundle: {
      type: "boolean",
      short: "b",
      help: "the paths are bundles, archives or folders, to be merged",
    },
    builtins: builtinsFlag,
    capabilities: capabilitiesFlag,
    debug: { type: "boolean", help: "print the plan of a compiled module" },
    "disable-optimization": {
      type: "string",
      multiple: true,
      argument: "NAME",
      help: `compile without: ${optimizationNames.join(", ")} or all; may repeat`,
    },
    emit: {
      type: "string",
      argument: "STAGE",
      help: "print a stage instead of writing anything: ast, ir or wat",
    },
    entrypoint: {
      type: "string",
      short: "e",
      multiple: true,
      argument: "PATH",
      help: "a rule to expose, as `authz/allow`; may repeat",
    },
    "follow-symlinks": {
      type: "boolean",
      help: "with -b, take links in folders for files; without -b they always are",
    },
    ignore: ignoreFlag,
    optimize: {
      type: "string",
      short: "O",
      argument: "LEVEL",
      help: "0, 1 or 2: how much is done to make a plan faster; for wasm all our passes are always on, for rego above 0 it is refused, for that takes partial evaluation",
    },
    output: {
      type: "string",
      short: "o",
      argument: "FILE",
      help: "where to write (default bundle.tar.gz); a name in .wasm has the module alone",
    },
    "prune-unused": {
      type: "boolean",
      help: "expose entrypoints alone, not the rules that refer to them",
    },
    revision: {
      type: "string",
      short: "r",
      argument: "TEXT",
      help: "the revision that the manifest names",
    },
    ...signingFlags,
    target: {
      type: "string",
      short: "t",
      argument: "TARGET",
      help: "rego, wasm, plan, or sdk: wasm that fails if an entrypoint needs a builtin that the stock SDK lacks (default rego; wasm for a name in .wasm)",
    },
    ...versionFlags,
    ...verificationFlags,
    "wasm-include-print": {
      type: "boolean",
      help: "keep calls of print in a compiled module",
    },
  },
  run: async (args: Arguments) => {
    const target = readTarget(args);
    const wrong = wrongUse(args, target);
    if (wrong !== undefined) {
      console.error(`portcullis build: ${wrong}`);
      return exitCode.failed;
    }
    try {
      return await buildTarget(args, target as Target);
    } catch (error) {
      console.log(`error: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};

function output(args: Arguments): string {
  return textFlag(args, "output") ?? "bundle.tar.gz";
}

function readTarget(args: Arguments): string {
  const isModule =
    output(args).endsWith(".wasm") || textFlag(args, "emit") !== undefined;
  return textFlag(args, "target") ?? (isModule ? "wasm" : "rego");
}

function wrongUse(args: Arguments, target: string): string | undefined {
  if (!targets.some((one) => one === target)) {
    return notOneOf("target", target, targets);
  }
  if (args.positionals.length === 0) {
    return "give at least one path";
  }
  const level = textFlag(args, "optimize") ?? "0";
  if (!/^[0-2]$/.test(level)) {
    return "--optimize takes 0, 1 or 2";
  }
  if (target === "rego" && level !== "0") {
    return "--optimize for the target rego is partial evaluation, which is not supported";
  }
  if (["rego", "plan"].includes(target) && output(args).endsWith(".wasm")) {
    return `the target ${target} has no module: give --output a name in .tar.gz`;
  }
  return textFlag(args, "signing-plugin") === undefined
    ? undefined
    : "--signing-plugin is not supported; sign by --signing-key";
}

/** Keys are for bundles. */
function checkKeys(args: Arguments): void {
  const key =
    textFlag(args, "signing-key") ?? textFlag(args, "verification-key");
  if (key !== undefined && args.flags["bundle"] !== true) {
    throw new PolicyError(
      "bundle_load_error",
      "enable bundle mode (ie. --bundle) to verify or sign bundle files or directories",
    );
  }
}

/** What is to be built, of what. */
type Build = {
  readonly target: Target;
  readonly source: BuildSource;
  readonly options: CompileOptions;
};

async function buildTarget(args: Arguments, target: Target): Promise<number> {
  checkKeys(args);
  const asked = await readBuild(args, target);
  const stage = textFlag(args, "emit");
  if (stage !== undefined) {
    return emit(stage, asked.options);
  }
  if (target === "plan") {
    return buildPlan(args, asked);
  }
  const compiled = compile(asked.options);
  if ("errors" in compiled) {
    return refused(compiled.errors, asked);
  }
  const { policy } = compiled;
  const missing = target === "sdk" ? policy.hostCalls().filter(lacksInSdk) : [];
  if (missing.length > 0) {
    printErrors(missing.map(toFault));
    return exitCode.failed;
  }
  if (target !== "rego") {
    tellCompiled(args, asked.options, policy);
  }
  await write(args, asked, policy);
  return exitCode.fine;
}

async function buildPlan(args: Arguments, asked: Build): Promise<number> {
  const compiled = compilePlan(asked.options);
  if ("errors" in compiled) {
    return refused(compiled.errors, asked);
  }
  tellPlan(args, asked.options);
  const { plan } = compiled;
  const bytes = await plannedBundleOf(asked.source, plan, settingsOf(args));
  writeFileSync(output(args), bytes);
  return exitCode.fine;
}

function refused(errors: readonly PolicyError[], asked: Build): number {
  console.log(`error: ${whyNot(errors, asked)}`);
  return exitCode.failed;
}

/** Why nothing was built, in OPA's words. */
function whyNot(
  errors: readonly PolicyError[],
  { options, source }: Build,
): string {
  const [first, ...more] = errors;
  if (first && !first.location && more.length === 0) {
    return first.rawMessage;
  }
  const text = errorsText(errors, options.modules);
  if (errors.some(({ code }) => code !== "rego_parse_error")) {
    return text;
  }
  const place = first?.location?.file;
  const bundle = source.modules.find(({ file }) => file === place)?.bundle;
  return `load error: ${bundle === undefined ? "" : `bundle ${bundle}: `}${text}`;
}

async function readBuild(args: Arguments, target: Target): Promise<Build> {
  const regoVersion = regoVersionOf(args);
  const source = await readBuildSource(args, regoVersion);
  const entrypoints = target === "rego" ? [] : findEntrypoints(args, source);
  if (target !== "rego" && entrypoints.length === 0) {
    console.error(
      "portcullis build: name each rule to expose by --entrypoint, or by `# entrypoint: true` in its metadata",
    );
    const what = target === "plan" ? "plan" : "wasm";
    throw new PolicyError(
      "bundle_load_error",
      `${what} compilation requires at least one entrypoint`,
    );
  }
  const options = {
    ...loadCapabilities(args).compile,
    ...compilerInput(source),
    builtins: await loadBuiltins(args),
    // Who reads a plan decides what becomes of what is printed.
    print: target === "plan" || args.flags["wasm-include-print"] === true,
    optimizations: {
      ...(target === "plan" && publishedOptimizations(levelOf(args))),
      ...withoutOptimizations(textFlags(args, "disable-optimization")),
    },
    entrypoints,
    requireRules: true,
    exposeDependents: args.flags["prune-unused"] !== true,
  } as const;
  return { target, source, options };
}

function levelOf(args: Arguments): 0 | 1 | 2 {
  return Number(textFlag(args, "optimize") ?? 0) as 0 | 1 | 2;
}

/** The rules that are named, and those whose metadata says so. */
function findEntrypoints(
  args: Arguments,
  source: BuildSource,
): readonly string[] {
  const named = textFlags(args, "entrypoint");
  const { modules, regoVersions } = compilerInput(source);
  const read = readAnnotations(modules, { regoVersions });
  // What is wrong with the metadata, the compiler says better.
  const annotated = "errors" in read ? [] : read.entrypoints;
  const found = [...new Set([...named, ...annotated])];
  return found.length > 0 ? found : source.entrypoints;
}

/** What a host must know, and with `--debug` the plan. */
function tellCompiled(
  args: Arguments,
  options: CompileOptions,
  policy: CompiledPolicy,
): void {
  for (const { entrypoint, builtin, location } of policy.hostCalls()) {
    const { file, row, col } = location;
    console.error(
      `portcullis build: ${entrypoint} needs ${builtin} of its host (${file}:${row}:${col})`,
    );
  }
  tellPlan(args, options);
}

function tellPlan(args: Arguments, options: CompileOptions): void {
  const plan = args.flags["debug"] === true ? inspect(options) : undefined;
  if (plan && "ir" in plan) {
    console.error(plan.ir);
  }
}

async function write(
  args: Arguments,
  { source, target }: Build,
  policy: CompiledPolicy,
): Promise<void> {
  const file = output(args);
  if (file.endsWith(".wasm")) {
    writeFileSync(file, policy.wasm);
    return;
  }
  const settings = settingsOf(args);
  const bytes =
    target === "rego"
      ? await bundleOf(source, settings)
      : await compiledBundleOf(source, policy, settings);
  writeFileSync(file, bytes);
}

function settingsOf(args: Arguments): BundleSettings {
  const key = textFlag(args, "signing-key");
  return {
    revision: textFlag(args, "revision"),
    signing: key === undefined ? undefined : readSigning(args, key),
  };
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
