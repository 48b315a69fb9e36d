import {
  explainTrace,
  PolicyError,
  profileCriteria,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  notOneOf,
  textFlag,
} from "../command.ts";
import { coverageRunsFlag, readKinds } from "../coverage-kinds.ts";
import {
  type EvalFormat,
  evalFormats,
  printEvaluated,
} from "../eval-output.ts";
import {
  type Evaluation,
  type EvaluationOptions,
  evaluateOnce,
} from "../evaluation.ts";
import { loadCapabilities } from "../load-capabilities.ts";
import { queryFlags, readInput, readQuery } from "../query.ts";
import { countedErrors } from "../test-reports/error-text.ts";

const partialHelp = "refused: partial evaluation is not supported";

/** `portcullis eval`: the solutions of a query, as OPA prints them. */
export const evaluate: Command = {
  usage: "QUERY",
  notes: [
    "`--profile` counts what OPA's does; the times are those of a module that tells of every step, which is slower than one that does not.",
    "`--explain` prints OPA's trace from such a module. It differs in these: there are no `Unify` lines, so `debug` is as `full`; JSON has no values of variables (`Locals`); a reference with a variable below a package (`data.lib[x].allow`) evaluates every rule there, and rules below other rules (`p.q.r` beside `p[x]`) before those; conditions joined by `and` and `or` say nothing to the index; a rule in a template string is asked for inside of a comprehension. With `--var-values` a document that is known already is not shown where it is asked for again.",
  ],
  flags: {
    ...queryFlags,
    coverage: {
      type: "boolean",
      help: "tell what the evaluation reached of the modules",
    },
    "coverage-runs": coverageRunsFlag,
    count: {
      type: "string",
      argument: "N",
      help: "evaluate so many times, and tell how what was measured is spread (1)",
    },
    "disable-early-exit": {
      type: "boolean",
      help: "search on where no other value can come",
    },
    "disable-inlining": {
      type: "string",
      multiple: true,
      argument: "PATH",
      help: partialHelp,
    },
    "disable-indexing": {
      type: "boolean",
      help: "try every rule, also those that the documents rule out",
    },
    entrypoint: {
      type: "string",
      short: "e",
      multiple: true,
      argument: "PATH",
      help: partialHelp,
    },
    explain: {
      type: "string",
      argument: "MODE",
      help: "show the trace of the evaluation: off, full, notes, fails or debug (default off)",
    },
    fail: {
      type: "boolean",
      help: "exit with 1 when the result is undefined",
    },
    "fail-defined": {
      type: "boolean",
      help: "exit with 1 when the result is defined",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: `${evalFormats.join(", ")} (default json)`,
    },
    instrument: {
      type: "boolean",
      help: "as --metrics: the inner timers of OPA's interpreter have no counterpart",
    },
    metrics: {
      type: "boolean",
      help: "tell what took how long",
    },
    profile: {
      type: "boolean",
      help: "tell what the expressions cost, the costliest first; with --metrics",
    },
    "profile-limit": {
      type: "string",
      argument: "N",
      help: "profile so many lines, 0 for all (10)",
    },
    "profile-sort": {
      type: "string",
      multiple: true,
      argument: "NAME",
      help: `order the profile by ${profileCriteria.join(", ")}; may repeat`,
    },
    "nondeterminstic-builtins": { type: "boolean", help: partialHelp },
    optimize: {
      type: "string",
      short: "O",
      argument: "LEVEL",
      help: "0; higher levels are refused: partial evaluation is not supported",
    },
    "pretty-limit": {
      type: "string",
      argument: "N",
      help: "cut cells of pretty tables after so many characters (never)",
    },
    "shallow-inlining": { type: "boolean", help: partialHelp },
    "show-builtin-errors": {
      type: "boolean",
      help: "tell every error of a builtin beside the result; the builtin is undefined",
    },
    strict: {
      type: "boolean",
      short: "S",
      help: "refuse unused variables and imports too",
    },
    "strict-builtin-errors": {
      type: "boolean",
      help: "the first error of a builtin ends the evaluation",
    },
    target: {
      type: "string",
      short: "t",
      argument: "TARGET",
      help: "rego or wasm, accepted for compatibility: queries run as WebAssembly",
    },
    timeout: {
      type: "string",
      argument: "DURATION",
      help: "time limit of the evaluation (none)",
    },
    "var-values": {
      type: "boolean",
      help: "show the values of variables in the trace of the pretty format",
    },
  },
  run: async (args: Arguments) => {
    const wanted = readWanted(args);
    if ("wrong" in wanted) {
      console.error(`portcullis eval: ${wanted.wrong}`);
      return exitCode.failed;
    }
    const capabilities = tryTo(() => loadCapabilities(args));
    if (capabilities instanceof PolicyError) {
      console.error(`portcullis eval: ${capabilities.rawMessage}`);
      return exitCode.failed;
    }
    const input = tryTo(() => readInput(args));
    if (input instanceof PolicyError) {
      console.error(input.rawMessage);
      return exitCode.policy;
    }
    const runs: Evaluation[] = [];
    for (let run = 0; run < wanted.count; run += 1) {
      runs.push(await evaluateOnce(args, { ...wanted, input }));
    }
    return show(runs, wanted, args);
  },
};

type Explain = (typeof explainModes)[number];

type Wanted = Omit<EvaluationOptions, "input"> & {
  readonly format: EvalFormat;
  readonly explain: Explain;
  readonly profileLimit: number;
  /** How many evaluations are measured. */
  readonly count: number;
};

const explainModes = ["off", "full", "notes", "fails", "debug"] as const;

const targets = ["rego", "wasm"] as const;

type Wrong = { readonly wrong: string };

/** What is asked for; or what is wrong with how it was. */
function readWanted(args: Arguments): Wanted | Wrong {
  const format = textFlag(args, "format") ?? "json";
  if (format === "source") {
    return { wrong: "partial evaluation (--format source) is not supported" };
  }
  if (!isOneOf(evalFormats, format)) {
    return { wrong: notOneOf("format", format, evalFormats) };
  }
  const explain = textFlag(args, "explain") ?? "off";
  if (!isOneOf(explainModes, explain)) {
    return { wrong: notOneOf("explain", explain, explainModes) };
  }
  const wrong = wrongUse(args);
  if (wrong !== undefined) {
    return { wrong };
  }
  const asked = readQuery(args);
  if ("wrong" in asked) {
    return asked;
  }
  const runs = readKinds(args);
  if ("wrong" in runs) {
    return runs;
  }
  const { flags } = args;
  const isProfiled = ["profile", "profile-limit", "profile-sort"].some(
    (name) => flags[name] !== undefined && flags[name] !== false,
  );
  const isMeasured = flags["metrics"] === true || flags["instrument"] === true;
  const isCovered =
    flags["coverage"] === true || flags["coverage-runs"] !== undefined;
  return {
    format,
    explain,
    count: Number(textFlag(args, "count") ?? 1),
    query: asked.query,
    metrics: isMeasured || isProfiled,
    profile: isProfiled,
    profileLimit: Number(textFlag(args, "profile-limit") ?? 10),
    trace: explain !== "off",
    values: flags["var-values"] === true && explain !== "off",
    coverage: isCovered ? runs.kinds : undefined,
  };
}

/** What is wrong with flags that stand alone. */
function wrongUse(args: Arguments): string | undefined {
  if (!/^[1-9]\d*$/.test(textFlag(args, "count") ?? "1")) {
    return "--count takes a number from 1 on";
  }
  const limit = textFlag(args, "profile-limit") ?? "10";
  if (!/^-?\d+$/.test(limit)) {
    return `--profile-limit takes a number, not \`${limit}\``;
  }
  const { flags } = args;
  if (
    flags["show-builtin-errors"] === true &&
    flags["strict-builtin-errors"] === true
  ) {
    return "--show-builtin-errors tells all errors and --strict-builtin-errors ends with the first: give one of them";
  }
  const target = textFlag(args, "target") ?? "rego";
  if (!isOneOf(targets, target)) {
    return notOneOf("target", target, targets);
  }
  const partial = partialFlag(args);
  return partial === undefined
    ? undefined
    : `partial evaluation (--${partial}) is not supported`;
}

/** A flag that only partial evaluation has a use for. */
function partialFlag({ flags }: Arguments): string | undefined {
  const names = [
    ...["entrypoint", "disable-inlining", "shallow-inlining"],
    ...["nondeterminstic-builtins", "optimize"],
  ];
  return names.find((name) => {
    const value = flags[name];
    return value !== undefined && value !== false && value !== "0";
  });
}

function isOneOf<const Name extends string>(
  names: readonly Name[],
  text: string,
): text is Name {
  return names.some((name) => name === text);
}

function tryTo<T>(work: () => T): T | PolicyError {
  try {
    return work();
  } catch (error) {
    return PolicyError.from(error);
  }
}

/** Prints the first evaluation, with what was measured of all. */
function show(
  runs: readonly Evaluation[],
  { format, explain, profileLimit }: Wanted,
  args: Arguments,
): number {
  const [first] = runs as [Evaluation];
  const { builtinErrors, solutions, texts, trace, valuesOf, coverage } = first;
  const errors = [...first.errors, ...builtinErrors];
  const sort = listFlag(args, "profile-sort");
  const measured = {
    metrics: runs.flatMap(({ metrics }) => (metrics ? [metrics] : [])),
    profiles: runs.flatMap(({ profile }) =>
      profile ? [profile.report(profileLimit, sort)] : [],
    ),
  };
  const explanation = explain === "off" ? [] : explainTrace(trace, explain);
  const told = { measured, explanation, valuesOf, coverage };
  const limit = Number(textFlag(args, "pretty-limit") ?? 0);
  process.stdout.write(
    printEvaluated({ errors, solutions, texts, told }, format, limit),
  );
  if (errors.length > 0) {
    if (format !== "json" && format !== "discard") {
      console.error(countedErrors(errors, texts, "occurred"));
    }
    if (first.errors.length > 0) {
      return exitCode.policy;
    }
  }
  const isDefined = solutions.length > 0;
  const fails =
    (args.flags["fail"] === true && !isDefined) ||
    (args.flags["fail-defined"] === true && isDefined);
  return fails ? exitCode.failed : exitCode.fine;
}
