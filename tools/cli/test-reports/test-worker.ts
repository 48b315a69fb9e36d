import { parentPort, workerData } from "node:worker_threads";
import { hostBuiltins, runtimeOf } from "../../../src/builtins/index.ts";
import {
  type ErrorCode,
  type ErrorDetails,
  type Location,
  PolicyError,
  type TestOutcome,
  type TestProgram,
  TestRunner,
} from "../../../src/engine/index.ts";
import type { Arguments } from "../command.ts";
import { loadBuiltins } from "../load-builtins.ts";
import { loadCapabilities } from "../load-capabilities.ts";

/** What a thread of tests is given when it starts. */
export type WorkerJob = {
  readonly program: TestProgram;
  readonly args: Arguments;
};

/** Tests to be run, and the number of the first; none: there are no more. */
export type Assignment = {
  readonly first: number;
  readonly tests: readonly TestOutcome["test"][];
};

/** An error without its class, which it loses on the way between threads. */
type Fault = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly location: Location | undefined;
  readonly details: ErrorDetails | undefined;
};

type Sent = Omit<TestOutcome, "test" | "error"> & {
  readonly index: number;
  readonly error: Fault | undefined;
};

/** What a thread says: no outcomes when it has loaded the program. */
export type Answer =
  | { readonly outcomes: readonly Sent[] }
  | { readonly reached: Uint8Array }
  | { readonly fault: Fault };

start(workerData as WorkerJob).catch(sendFault);

async function start({ args, program }: WorkerJob): Promise<void> {
  const runner = await TestRunner.load(program, {
    builtins: [...hostBuiltins, ...(await loadBuiltins(args))],
    surroundings: {
      network: loadCapabilities(args).network,
      runtime: runtimeOf(process.env),
    },
  });
  parentPort?.on("message", (assignment: Assignment) => {
    take(runner, assignment).catch(sendFault);
  });
  send({ outcomes: [] });
}

async function take(
  runner: TestRunner,
  { first, tests }: Assignment,
): Promise<void> {
  if (tests.length === 0) {
    send({ reached: runner.reached() });
    return;
  }
  const outcomes: Sent[] = [];
  for (const [offset, test] of tests.entries()) {
    const { test: _, error, ...outcome } = await runner.run(test);
    const fault = error && toFault(error);
    outcomes.push({ ...outcome, index: first + offset, error: fault });
  }
  send({ outcomes });
}

function toFault({ code, details, location, rawMessage }: PolicyError): Fault {
  return { code, message: rawMessage, location, details };
}

function sendFault(error: unknown): void {
  send({ fault: toFault(PolicyError.from(error)) });
}

function send(answer: Answer): void {
  parentPort?.postMessage(answer);
}
