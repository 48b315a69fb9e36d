import { PolicyError } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
} from "../command.ts";
import { errorsJson } from "../error-json.ts";
import {
  type EvalFormat,
  evalFormats,
  printSolutions,
  readSolutions,
  type Solution,
} from "../eval-output.ts";
import {
  type Asked,
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
    if ("wrong" in asked) {
      console.error(`portcullis eval: ${asked.wrong}`);
      return exitCode.failed;
    }
    const { query } = asked;
    const input = tryTo(() => readInput(args));
    if (input instanceof PolicyError) {
      console.error(input.rawMessage);
      return exitCode.policy;
    }
    const loaded = await loadDocuments(args).catch(PolicyError.from);
    if (loaded instanceof PolicyError) {
      return fail([loaded], format, {});
    }
    try {
      const solutions = await solve({ query, loaded }, input, args);
      if (!("errors" in solutions)) {
        return show(solutions, format, args);
      }
      return fail(solutions.errors, format, { ...loaded.modules, "": query });
    } catch (error) {
      const texts = { ...loaded.modules, "": query };
      return fail([PolicyError.from(error)], format, texts);
    }
  },
};

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

type Solutions =
  | readonly Solution[]
  | { readonly errors: readonly PolicyError[] };

async function solve(
  asked: Asked,
  input: Uint8Array | undefined,
  args: Arguments,
): Promise<Solutions> {
  const found = await loadQuery(asked, args, {
    captureValues: true,
    optimizations: {
      ruleIndex: args.flags["disable-indexing"] !== true,
      earlyExit: args.flags["disable-early-exit"] !== true,
    },
  });
  if ("errors" in found) {
    return found;
  }
  const json = await found.policy.queryJsonAsync(input);
  return readSolutions(json, found.expressions);
}

function show(
  solutions: readonly Solution[],
  format: EvalFormat,
  args: Arguments,
): number {
  const limit = Number(textFlag(args, "pretty-limit") ?? 80);
  process.stdout.write(printSolutions(solutions, format, limit));
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
