import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { hostBuiltins, parseYaml } from "../../../src/builtins/index.ts";
import {
  compile,
  hasDataIn,
  type Policy,
  PolicyError,
  parseJson,
  RegoObject,
  toJson,
  type Value,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
  textFlags,
} from "../command.ts";
import { indentedJson, Members, type Shown } from "../indented-json.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "../load-bundles.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { loadCompiled } from "../load-compiled.ts";
import { mergeLoaded } from "../load-paths.ts";
import { printErrors } from "../output.ts";
import { walkFiles } from "../walk-files.ts";

/** What OPA's management plane does, which is no part of this command. */
const managed = ["config-file", "set", "set-file"] as const;

const failures = ["fail", "fail-defined", "fail-non-empty"] as const;

/** `portcullis exec`: one decision about each of many input files, as OPA prints them. */
export const exec: Command = {
  usage: "PATH...",
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "PATH",
      help: "load an archive or folder as a bundle; may repeat",
    },
    capabilities: capabilitiesFlag,
    decision: {
      type: "string",
      argument: "PATH",
      help: "the decision, as a/b/allow (default /system/main)",
    },
    fail: {
      type: "boolean",
      help: "exit with 1 when a decision is undefined or fails",
    },
    "fail-defined": {
      type: "boolean",
      help: "exit with 1 when a decision is defined or fails",
    },
    "fail-non-empty": {
      type: "boolean",
      help: "exit with 1 when a decision is not an empty list or fails",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "json, the only one",
    },
    "stdin-input": {
      type: "boolean",
      short: "I",
      help: "take an input from standard input",
    },
    timeout: {
      type: "string",
      argument: "DURATION",
      help: "time limit of one decision, as 5s (default none)",
    },
    "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
    "v1-compatible": { type: "boolean", help: "read the files as Rego v1" },
    "config-file": {
      type: "string",
      short: "c",
      argument: "FILE",
      help: "refused: bundles are given by --bundle",
    },
    set: { type: "string", multiple: true, help: "refused like --config-file" },
    "set-file": {
      type: "string",
      multiple: true,
      help: "refused like --config-file",
    },
  },
  run: async (args: Arguments) => {
    const wrong = wrongUse(args);
    if (wrong !== undefined) {
      console.error(`portcullis exec: ${wrong}`);
      return exitCode.failed;
    }
    const policy = await load(args);
    return policy === undefined ? exitCode.failed : decideAll(policy, args);
  },
};

function wrongUse({ flags, positionals }: Arguments): string | undefined {
  const given = managed.find((name) => flags[name] !== undefined);
  if (given !== undefined) {
    return `--${given} is not supported: there is no management plane here; give bundles by --bundle`;
  }
  const [first, second] = failures.filter((name) => flags[name] === true);
  if (first !== undefined && second !== undefined) {
    return `give --${first} or --${second}, not both`;
  }
  if (flags["format"] !== undefined && flags["format"] !== "json") {
    return "--format can only be json";
  }
  return positionals.length === 0 && flags["stdin-input"] !== true
    ? "give at least one path, or --stdin-input"
    : undefined;
}

/** Compiles the bundles with the decision as a query; prints what is wrong with them. */
async function load(args: Arguments): Promise<Policy | undefined> {
  const builtins = [...hostBuiltins, ...(await loadBuiltins(args))];
  const { compile: allowed, network } = loadCapabilities(args);
  const bundles = await readBundles(textFlags(args, "bundle"), []);
  checkActivation(bundles);
  const { data, modules, regoVersions } = mergeLoaded(loadedOf(bundles));
  const path = segments(args).map((name) => `[${JSON.stringify(name)}]`);
  const compiled = compile({
    ...allowed,
    modules,
    hasData: hasDataIn(data),
    regoVersions,
    builtins,
    print: true,
    query: `result = data${path.join("")}`,
    regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
  });
  if ("errors" in compiled) {
    printErrors(compiled.errors);
    return undefined;
  }
  return loadCompiled(compiled.policy.wasm, args, { data, builtins, network });
}

function decisionOf(args: Arguments): string {
  return textFlag(args, "decision") ?? "/system/main";
}

function segments(args: Arguments): readonly string[] {
  return decisionOf(args).split("/").filter(Boolean);
}

/** What became of one input. */
type Outcome = {
  readonly path: string;
  readonly result?: Value;
  /** As OPA prints it; an input that cannot be read has nothing in it. */
  readonly error?: Members;
  readonly isUndefined?: true;
};

async function decideAll(policy: Policy, args: Arguments): Promise<number> {
  const outcomes: Outcome[] = [];
  if (args.flags["stdin-input"] === true) {
    const text = readFileSync(0, "utf8");
    outcomes.push(await decide(policy, args, { path: "--stdin-input", text }));
  }
  for (const root of args.positionals) {
    const files = walkFiles(root);
    if (files === undefined) {
      console.error(
        `portcullis exec: lstat ${root}: no such file or directory`,
      );
      return exitCode.failed;
    }
    for (const path of files.filter(isInput)) {
      const text = readFileSync(path, "utf8");
      outcomes.push(await decide(policy, args, { path, text }));
    }
  }
  process.stdout.write(
    indentedJson(new Members([["result", outcomes.map(shown)]])),
  );
  return outcomes.some((outcome) => isFailure(outcome, args))
    ? exitCode.failed
    : exitCode.fine;
}

function isInput(path: string): boolean {
  return [".json", ".yaml", ".yml"].includes(extname(path));
}

async function decide(
  policy: Policy,
  args: Arguments,
  { path, text }: { readonly path: string; readonly text: string },
): Promise<Outcome> {
  let input: Uint8Array;
  try {
    input = new TextEncoder().encode(toJson(parseYaml(text)));
  } catch (error) {
    console.error(`${path}: ${PolicyError.from(error).rawMessage}`);
    return { path, error: new Members([]) };
  }
  try {
    const solutions = parseJson(await policy.queryJsonAsync(input));
    const [first] = solutions as readonly Value[];
    const result =
      first instanceof RegoObject ? first.get("result") : undefined;
    return result === undefined
      ? { path, isUndefined: true, error: undefinedError(args) }
      : { path, result };
  } catch (error) {
    return { path, error: evaluationError(PolicyError.from(error), args) };
  }
}

function undefinedError(args: Arguments): Members {
  return new Members([
    ["code", "opa_undefined_error"],
    ["message", `${decisionOf(args)} decision was undefined`],
  ]);
}

function evaluationError(
  { code, location, rawMessage }: PolicyError,
  args: Arguments,
): Members {
  const place = location && {
    file: withinBundle(location.file, textFlags(args, "bundle")),
    row: location.row,
    col: location.col,
  };
  return new Members([
    ["code", code],
    ["message", rawMessage],
    ...(place
      ? [["location", new Members(Object.entries(place))] as const]
      : []),
  ]);
}

/** A file by its name in its bundle, as OPA's bundles have it. */
function withinBundle(file: string, bundles: readonly string[]): string {
  const folder = bundles
    .map((path) => path.replace(/\/+$/, ""))
    .find((path) => file.startsWith(`${path}/`));
  return folder === undefined ? file : file.slice(folder.length);
}

function shown({ error, path, result }: Outcome): Shown {
  return error !== undefined || result === undefined
    ? new Members([
        ["path", path],
        ["error", error ?? new Members([])],
      ])
    : new Members([
        ["decision_id", randomUUID()],
        ["path", path],
        ["result", result],
      ]);
}

/** Whether an outcome is what one of the `--fail` flags is about. */
function isFailure(
  { error, isUndefined, result }: Outcome,
  { flags }: Arguments,
): boolean {
  // As Go has it, null is no value.
  if (flags["fail"] === true) {
    return error !== undefined || result === null;
  }
  if (isUndefined || result === null) {
    return false;
  }
  if (flags["fail-defined"] === true) {
    return true;
  }
  const isEmpty = Array.isArray(result) && result.length === 0;
  return flags["fail-non-empty"] === true && !isEmpty;
}
