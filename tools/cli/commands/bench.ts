import { type Policy, PolicyError } from "../../../src/engine/index.ts";
import {
  benchFormats,
  benchmemFlag,
  benchReport,
  type Sample,
} from "../bench-report.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
} from "../command.ts";
import { LoadFaults } from "../load-faults.ts";
import {
  loadDocuments,
  loadQuery,
  queryFlags,
  readInput,
  readQuery,
} from "../query.ts";
import { countedErrors } from "../test-reports/error-text.ts";

// As Go's benchmarks: as many evaluations as fill a second.
const fullTimeMs = 1_000;

// Evaluated before the clock runs, so that it measures compiled code.
const warmUpMs = 200;

/** `portcullis bench`: how long a query takes, in OPA's formats. */
export const bench: Command = {
  usage: "QUERY",
  flags: {
    ...queryFlags,
    benchmem: benchmemFlag,
    count: {
      type: "string",
      argument: "N",
      help: "measure so many times (1)",
    },
    e2e: {
      type: "boolean",
      help: "refused: there is no server to measure",
    },
    fail: {
      type: "boolean",
      default: true,
      help: "an undefined result is an error (on; --no-fail turns it off)",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: `${benchFormats.join(", ")} (default pretty)`,
    },
    metrics: {
      type: "boolean",
      default: true,
      help: "tell how the times are spread (on; --no-metrics turns it off)",
    },
    target: {
      type: "string",
      short: "t",
      argument: "TARGET",
      help: "accepted for compatibility: queries run as WebAssembly",
    },
  },
  run: async (args: Arguments) => {
    const asked = readQuery(args);
    const wrong = "wrong" in asked ? asked.wrong : wrongUse(args);
    if (wrong !== undefined || "wrong" in asked) {
      console.error(`portcullis bench: ${wrong}`);
      return exitCode.failed;
    }
    try {
      const { query } = asked;
      const input = readInput(args);
      const loaded = await loadDocuments(args);
      const found = await loadQuery({ query, loaded }, args, {});
      if ("errors" in found) {
        const texts = { ...loaded.modules, "": query };
        console.error(countedErrors(found.errors, texts, "occurred"));
        return exitCode.failed;
      }
      const count = Number(textFlag(args, "count") ?? 1);
      for (let round = 0; round < count; round += 1) {
        const sample = await measure(found.policy, input, args);
        process.stdout.write(benchReport(sample, textFlag(args, "format")));
      }
      return exitCode.fine;
    } catch (error) {
      const { rawMessage } = PolicyError.from(error);
      console.error(
        error instanceof LoadFaults
          ? countedErrors(error.faults, error.texts, "occurred")
          : `1 error occurred: ${rawMessage}`,
      );
      return exitCode.failed;
    }
  },
};

function wrongUse(args: Arguments): string | undefined {
  const format = textFlag(args, "format") ?? "pretty";
  if (!benchFormats.some((one) => one === format)) {
    return notOneOf("format", format, benchFormats);
  }
  if (args.flags["e2e"] === true) {
    return "--e2e is not supported: it measures OPA's REST server";
  }
  return /^[1-9]\d*$/.test(textFlag(args, "count") ?? "1")
    ? undefined
    : "--count takes a number from 1 on";
}

/** Evaluates again and again; the input is read from its bytes each time. */
async function measure(
  policy: Policy,
  input: Uint8Array | undefined,
  { flags }: Arguments,
): Promise<Sample> {
  const first = await policy.queryJsonAsync(input);
  if (flags["fail"] !== false && first === "[]") {
    throw new PolicyError("eval_builtin_error", "undefined result");
  }
  const evaluate = async (milliseconds: number): Promise<number[]> => {
    const times: number[] = [];
    const start = performance.now();
    let before = start;
    do {
      await policy.queryJsonAsync(input);
      const now = performance.now();
      times.push((now - before) * 1e6);
      before = now;
    } while (before - start < milliseconds);
    return times;
  };
  await evaluate(warmUpMs);
  const times = await evaluate(fullTimeMs);
  return {
    times,
    isSpread: flags["metrics"] !== false,
    bytes: flags["benchmem"] === false ? undefined : policy.arenaBytes,
  };
}
