import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import {
  createDataImage,
  type ErrorCode,
  type ErrorDetails,
  type Location,
  PolicyError,
} from "../engine/index.ts";
import { checkRulePlaces } from "./check-rule-places.ts";
import { compileDecisions } from "./compile-decisions.ts";
import { compileSource } from "./compile-source.ts";
import { applyDelta } from "./delta.ts";
import { joinSources } from "./join-sources.ts";
import type { SourceFiles } from "./read-directory.ts";
import { runBundleTests } from "./run-bundle-tests.ts";
import { readBundleSource } from "./source/bundle-reader.ts";

/** The heavy steps of making a revision: what they take and give can be sent between threads. */
export const heavySteps = {
  read: readBundleSource,
  patch: ({ delta, snapshot }: Patching) => applyDelta(snapshot, delta),
  join: joinSources,
  compile: compileSource,
  decisions: compileDecisions,
  places: checkRulePlaces,
  image: ({ json, module }: Imaging) => createDataImage(module, json),
  test: runBundleTests,
};

type Patching = {
  readonly snapshot: SourceFiles;
  readonly delta: SourceFiles;
};

type Imaging = {
  readonly module: WebAssembly.Module;
  /** A base document as UTF-8 JSON. */
  readonly json: Uint8Array;
};

type Steps = typeof heavySteps;

/** Who does the heavy steps; each throws the faults of what it was given. */
export type Workshop = {
  readonly [Name in keyof Steps]: (
    job: Parameters<Steps[Name]>[0],
  ) => Promise<Awaited<ReturnType<Steps[Name]>>>;
} & {
  close(): Promise<void>;
};

/** One step to be done. */
export type Order = {
  readonly name: keyof Steps;
  readonly job: unknown;
};

/** What the thread answers: an error loses its class on the way between threads. */
export type Delivery =
  | { readonly made: unknown }
  | {
      readonly fault: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly location: Location | undefined;
        readonly details: ErrorDetails | undefined;
      };
    };

/** Does the steps in this thread, as is fit while no check waits. */
export const ownWorkshop: Workshop = toWorkshop(
  async ({ job, name }) =>
    (heavySteps[name] as (given: unknown) => unknown)(job),
  async () => {},
);

// Edits often come in a row, and a thread takes a while to start.
const idleMs = 10_000;

/**
 * Does the steps in a thread of its own, one after another, so that checks go on
 * meanwhile. The thread starts at the first and ends when there was none for a
 * while; one that dies is an `internal_error`.
 */
export function createWorkshop(): Workshop {
  let thread: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  };
  const work = async (order: Order): Promise<unknown> => {
    clearTimeout(timer);
    thread ??= startThread();
    try {
      return await deliver(thread, order);
    } catch (error) {
      // A fault of the thread itself: the next order gets another.
      if (!(error instanceof PolicyError)) {
        await end();
      }
      throw PolicyError.from(error);
    } finally {
      timer = setTimeout(end, idleMs).unref();
    }
  };
  const take = (order: Order): Promise<unknown> => {
    const taken = queue.then(() => work(order));
    queue = taken.catch(() => {});
    return taken;
  };
  return toWorkshop(take, async () => {
    await queue;
    await end();
  });
}

function toWorkshop(
  take: (order: Order) => Promise<unknown>,
  close: () => Promise<void>,
): Workshop {
  const step = (name: keyof Steps) => (job: unknown) => take({ name, job });
  const steps = Object.keys(heavySteps).map((name) => [
    name,
    step(name as keyof Steps),
  ]);
  return { ...Object.fromEntries(steps), close };
}

// Beside this file, and like it built or not.
const threadFile = new URL(
  `./workshop-thread${extname(import.meta.url)}`,
  import.meta.url,
);

function startThread(): Worker {
  const thread = new Worker(threadFile);
  // It keeps nobody from ending; an order does.
  thread.unref();
  return thread;
}

function deliver(thread: Worker, order: Order): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      thread.off("message", answered).off("error", failed).off("exit", ended);
      thread.unref();
      then();
    };
    const answered = (delivery: Delivery): void =>
      settle(() => {
        if ("made" in delivery) {
          resolve(delivery.made);
        } else {
          const { fault } = delivery;
          reject(new PolicyError(fault.code, fault.message, fault));
        }
      });
    const failed = (error: Error): void => settle(() => reject(error));
    const ended = (): void =>
      settle(() => reject(new Error("the workshop's thread ended")));
    thread.ref();
    thread.on("message", answered).on("error", failed).on("exit", ended);
    thread.postMessage(order);
  });
}
