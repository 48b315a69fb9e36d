import {
  type CompileOptions,
  coverageOf,
  PolicyError,
  type UncoveredKind,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { coverageRunsFlag, readKinds } from "../coverage-kinds.ts";
import { errorsJson } from "../error-json.ts";
import { EvalMetrics } from "../eval-metrics.ts";
import {
  type EvalFormat,
  evalFormats,
  printSolutions,
  readSolutions,
  type Solution,
  type Told,
} from "../eval-output.ts";
import {
  type Asked,
  type LoadedQuery,
  loadDocuments,
  loadQuery,
  queryFlags,
  readInput,
  readQuery,
} from "../query.ts";
import { errorsText } from "../test-reports/error-text.ts";

/** `portcullis eval`: the solutions of a query, as OPA prints them. */
export const evaluate: Command = {
  usage: "QUERY",
  flags: {
    ...queryFlags,
    coverage: {
      type: "boolean",
      help: "tell what the evaluation reached of the modules",
    },
    "coverage-runs": coverageRunsFlag,
    "disable-early-exit": {
      type: "boolean",
      help: "search on where no other value can come",
    },
    "disable-indexing": {
      type: "boolean",
      help: "try every rule, also those that the documents rule out",
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
    metrics: {
      type: "boolean",
      help: "tell what took how long",
    },
    "pretty-limit": {
      type: "string",
      argument: "N",
      help: "cut cells of pretty tables after so many characters (80)",
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
    timeout: {
      type: "string",
      argument: "DURATION",
      help: "time limit of the evaluation (none)",
    },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "json";
    if (!isFormat(format)) {
      console.error(
        `portcullis eval: ${notOneOf("format", format, evalFormats)}`,
      );
      return exitCode.failed;
    }
    const asked = readQuery(args);
    const runs = readKinds(args);
    if ("wrong" in asked || "wrong" in runs) {
      const { wrong } = "wrong" in asked ? asked : (runs as WrongUse);
      console.error(`portcullis eval: ${wrong}`);
      return exitCode.failed;
    }
    return answer(args, { format, query: asked.query, kinds: runs.kinds });
  },
};

type WrongUse = { readonly wrong: string };

type Wanted = {
  readonly format: EvalFormat;
  readonly query: string;
  readonly kinds: readonly UncoveredKind[];
};

async function answer(
  args: Arguments,
  { format, query, kinds }: Wanted,
): Promise<number> {
  const input = tryTo(() => readInput(args));
  if (input instanceof PolicyError) {
    console.error(input.rawMessage);
    return exitCode.policy;
  }
  const metrics = new EvalMetrics(args);
  const loaded = await metrics
    .timed(loadTimer(args), () => loadDocuments(args))
    .catch(PolicyError.from);
  if (loaded instanceof PolicyError) {
    return fail([loaded], format, {});
  }
  const texts = { ...loaded.modules, "": query };
  try {
    const asked = { query, loaded };
    const found = await solve(asked, args, { input, kinds, metrics });
    return "errors" in found
      ? fail(found.errors, format, texts)
      : show(found, format, args);
  } catch (error) {
    return fail([PolicyError.from(error)], format, texts);
  }
}

/** OPA's name of the time that loading takes. */
function loadTimer(args: Arguments): string {
  return textFlags(args, "bundle").length > 0 ? "load_bundles" : "load_files";
}

function isFormat(text: string): text is EvalFormat {
  return evalFormats.some((format) => format === text);
}

function tryTo<T>(work: () => T): T | PolicyError {
  try {
    return work();
  } catch (error) {
    return PolicyError.from(error);
  }
}

type Solved = { readonly solutions: readonly Solution[]; readonly told: Told };

type Evaluation = {
  readonly input: Uint8Array | undefined;
  readonly kinds: readonly UncoveredKind[];
  readonly metrics: EvalMetrics;
};

async function solve(
  asked: Asked,
  args: Arguments,
  { input, kinds, metrics }: Evaluation,
): Promise<Solved | { readonly errors: readonly PolicyError[] }> {
  const isCovered = args.flags["coverage"] === true;
  const settings: Partial<CompileOptions> = {
    captureValues: true,
    optimizations: {
      ruleIndex: args.flags["disable-indexing"] !== true,
      earlyExit: args.flags["disable-early-exit"] !== true,
    },
    ...(isCovered && { instrument: { coverage: true } }),
  };
  const found = await loadQuery(asked, args, {
    ...settings,
    onPhase: (phase, milliseconds) => metrics.add(phase, milliseconds),
  });
  if ("errors" in found) {
    return found;
  }
  const json = await metrics.timed("query_eval", () =>
    found.policy.queryJsonAsync(input),
  );
  const others: ExplainingQuery[] = [];
  for (const kind of isCovered ? kinds : []) {
    const other = await loadQuery(asked, args, {
      ...settings,
      optimizations: { ...settings.optimizations, ...without[kind] },
    });
    if (!("errors" in other)) {
      await other.policy.queryJsonAsync(input);
      others.push({ ...other, kind });
    }
  }
  const { modules, regoVersions } = asked.loaded;
  const regoVersion = args.flags["v0-compatible"] === true ? 0 : 1;
  const sources = { modules, regoVersion, regoVersions } as const;
  return {
    solutions: readSolutions(json, found.expressions),
    told: {
      metrics: metrics.shown(asked.loaded),
      coverage: isCovered ? coverageOf(sources, [found, ...others]) : undefined,
    },
  };
}

/** A further evaluation, and what it explains of the coverage. */
type ExplainingQuery = LoadedQuery & { readonly kind: UncoveredKind };

/** The optimisation whose absence explains each kind. */
const without = {
  index_excluded: { ruleIndex: false },
  early_exit: { earlyExit: false },
} as const;

function show(
  { solutions, told }: Solved,
  format: EvalFormat,
  args: Arguments,
): number {
  const limit = Number(textFlag(args, "pretty-limit") ?? 80);
  process.stdout.write(printSolutions(solutions, format, { limit, told }));
  const isDefined = solutions.length > 0;
  const fails =
    (args.flags["fail"] === true && !isDefined) ||
    (args.flags["fail-defined"] === true && isDefined);
  return fails ? exitCode.failed : exitCode.fine;
}

function fail(
  errors: readonly PolicyError[],
  format: EvalFormat,
  texts: Readonly<Record<string, string>>,
): number {
  if (format === "json" || format === "discard") {
    process.stdout.write(errorsJson(errors, texts, format === "discard"));
  } else {
    console.error(errorsText(errors, texts));
  }
  return exitCode.policy;
}
