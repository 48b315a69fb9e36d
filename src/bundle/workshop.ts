import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, type Location, PolicyError } from "../engine/index.ts";
import { compileDecisions } from "./compile-decisions.ts";
import { compileSource } from "./compile-source.ts";
import { runBundleTests } from "./run-bundle-tests.ts";

/** The heavy steps of making a revision: what they take and give can be sent between threads. */
export const heavySteps = {
  compile: compileSource,
  decisions: compileDecisions,
  test: runBundleTests,
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
        readonly details: readonly string[];
      };
    };

/** Does the steps in this thread, as is fit while no check waits. */
export const ownWorkshop: Workshop = {
  compile: async (job) => heavySteps.compile(job),
  decisions: async (job) => heavySteps.decisions(job),
  test: (job) => heavySteps.test(job),
  close: async () => {},
};

// Beside this file, and like it built or not.
const threadFile = new URL(
  `./workshop-thread${extname(import.meta.url)}`,
  import.meta.url,
);

/**
 * Does the steps in a thread of its own, one after another, so that checks go on
 * meanwhile. A thread that dies is an `internal_error`.
 */
export function startWorkshop(): Workshop {
  const thread = new Worker(threadFile);
  let dead: Error | undefined;
  thread.on("error", (error) => {
    dead = error;
  });
  const order = async (name: keyof Steps, job: unknown): Promise<unknown> => {
    const delivery = await deliver(thread, { name, job }, () => dead);
    if ("made" in delivery) {
      return delivery.made;
    }
    const { fault } = delivery;
    throw new PolicyError(fault.code, fault.message, fault);
  };
  return {
    compile: (job) => order("compile", job) as ReturnType<Workshop["compile"]>,
    decisions: (job) =>
      order("decisions", job) as ReturnType<Workshop["decisions"]>,
    test: (job) => order("test", job) as ReturnType<Workshop["test"]>,
    close: async () => {
      await thread.terminate();
    },
  };
}

function deliver(
  thread: Worker,
  order: Order,
  deadOf: () => Error | undefined,
): Promise<Delivery> {
  return new Promise<Delivery>((resolve, reject) => {
    const ended = (): void => {
      const reason = deadOf()?.message ?? "it was closed";
      reject(
        new PolicyError(
          "internal_error",
          `the workshop's thread ended: ${reason}`,
        ),
      );
    };
    thread.once("exit", ended);
    thread.once("message", (delivery: Delivery) => {
      thread.off("exit", ended);
      resolve(delivery);
    });
    thread.postMessage(order);
  });
}
