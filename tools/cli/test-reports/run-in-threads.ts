import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import {
  PolicyError,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";
import type { Arguments } from "../command.ts";
import type { Answer, Assignment, WorkerJob } from "./test-worker.ts";

type Test = TestSuite["tests"][number];

export type Threads = {
  /** How many may run tests at the same time. */
  readonly atMost: number;
  /** Whether the user asked for them; else they must be worth their start. */
  readonly asked: boolean;
  /** The command's, of which a thread needs the builtins and the hosts. */
  readonly args: Arguments;
};

// What a thread costs before its first test, measured: its start, the engine's
// code and the data. Tests that end sooner are not waited for by two.
const threadStartMs = 250;

// Few enough that no thread is left alone with the last ones for long.
const testsAtOnce = 4;

/**
 * Runs tests, in their order as far as anyone sees. Threads are started when
 * what is left would take longer than they do to start.
 */
export async function* runTests(
  suite: TestSuite,
  tests: readonly Test[],
  threads: Threads,
): AsyncGenerator<TestOutcome> {
  const start = performance.now();
  let done = 0;
  for (const test of tests) {
    const left = tests.length - done;
    const spent = performance.now() - start;
    if (isWorthThreads({ done, left, spent }, threads)) {
      yield* runInThreads(suite, tests.slice(done), threads);
      return;
    }
    yield await suite.run(test);
    done += 1;
  }
}

/** Whether the tests that are left are to be run by several threads. */
export function isWorthThreads(
  {
    done,
    left,
    spent,
  }: { readonly done: number; readonly left: number; readonly spent: number },
  { asked, atMost }: Pick<Threads, "asked" | "atMost">,
): boolean {
  if (atMost < 2 || left < 2) {
    return false;
  }
  if (asked) {
    return true;
  }
  const expected = done === 0 ? 0 : (spent / done) * left;
  const saved = expected - expected / Math.min(atMost, left);
  return spent > threadStartMs && saved > threadStartMs;
}

async function* runInThreads(
  suite: TestSuite,
  tests: readonly Test[],
  { args, atMost }: Threads,
): AsyncGenerator<TestOutcome> {
  const { merge, program, tests: shared } = suite.shared;
  const outside = tests.filter((test) => shared.has(test));
  const pool = new Pool(outside, { program, args });
  pool.start(Math.min(atMost, outside.length));
  try {
    for (const test of tests) {
      yield shared.has(test) ? await pool.outcome(test) : await suite.run(test);
    }
    for (const reached of await pool.finish()) {
      merge(reached);
    }
  } finally {
    await pool.end();
  }
}

type Waiting = {
  readonly resolve: (outcome: TestOutcome) => void;
  readonly reject: (error: unknown) => void;
};

/** Threads that take the next tests as soon as they are done with theirs. */
class Pool {
  private readonly tests: readonly Test[];
  private readonly job: WorkerJob;
  private readonly outcomes = new Map<Test, Promise<TestOutcome>>();
  private readonly waiting = new Map<Test, Waiting>();
  private readonly workers: Worker[] = [];
  private readonly reached: Promise<Uint8Array>[] = [];
  private readonly failures: ((error: unknown) => void)[] = [];
  private next = 0;

  constructor(tests: readonly Test[], job: WorkerJob) {
    this.tests = tests;
    this.job = job;
    for (const test of tests) {
      const outcome = new Promise<TestOutcome>((resolve, reject) => {
        this.waiting.set(test, { resolve, reject });
      });
      // A failure is met by whoever waits for this test, if anyone still does.
      outcome.catch(() => {});
      this.outcomes.set(test, outcome);
    }
  }

  start(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const worker = new Worker(workerFile, { workerData: this.job });
      this.workers.push(worker);
      const reached = new Promise<Uint8Array>((resolve, reject) => {
        this.failures.push(reject);
        worker.on("message", (answer: Answer) =>
          this.take(worker, answer, resolve),
        );
      });
      // A failure is met in `finish`, if it is asked for.
      reached.catch(() => {});
      this.reached.push(reached);
      worker.once("error", (error) => this.fail(error));
      worker.once("exit", (code) =>
        this.fail(new Error(`a thread of tests ended with code ${code}`)),
      );
    }
  }

  private take(
    worker: Worker,
    answer: Answer,
    done: (reached: Uint8Array) => void,
  ): void {
    if ("fault" in answer) {
      this.fail(toError(answer.fault));
    } else if ("reached" in answer) {
      done(answer.reached);
    } else {
      for (const { error, index, ...outcome } of answer.outcomes) {
        const test = this.tests[index] as Test;
        this.waiting.get(test)?.resolve({
          ...outcome,
          test,
          ...(error && { error: toError(error) }),
        });
        this.waiting.delete(test);
      }
      worker.postMessage(this.assignment());
    }
  }

  /** The next tests; none when all are given out. */
  private assignment(): Assignment {
    const first = this.next;
    this.next = Math.min(first + testsAtOnce, this.tests.length);
    const tests = this.tests.slice(first, this.next);
    return { first, tests };
  }

  private fail(error: unknown): void {
    const waiting = [...this.waiting.values()].map(({ reject }) => reject);
    for (const reject of [...waiting, ...this.failures]) {
      reject(PolicyError.from(error));
    }
    this.waiting.clear();
  }

  outcome(test: Test): Promise<TestOutcome> {
    return this.outcomes.get(test) as Promise<TestOutcome>;
  }

  /** What each thread reached, once it has no test left. */
  finish(): Promise<readonly Uint8Array[]> {
    return Promise.all(this.reached);
  }

  async end(): Promise<void> {
    for (const worker of this.workers) {
      worker.removeAllListeners("exit");
      await worker.terminate();
    }
  }
}

type Fault = Extract<Answer, { fault: unknown }>["fault"];

function toError(fault: Fault): PolicyError {
  return new PolicyError(fault.code, fault.message, fault);
}

// Beside this file, and like it built or not.
const workerFile = new URL(
  `./test-worker${extname(import.meta.url)}`,
  import.meta.url,
);
