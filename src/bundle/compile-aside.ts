import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, type Location, PolicyError } from "../engine/index.ts";
import type { CompiledSource, CompileJob } from "./compile-source.ts";

/** What the worker answers: an error loses its class on the way between threads. */
export type CompileReport =
  | { readonly compiled: CompiledSource }
  | {
      readonly fault: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly location: Location | undefined;
        readonly details: readonly string[];
      };
    };

// Beside this file, and like it built or not.
const worker = new URL(
  `./compile-worker${extname(import.meta.url)}`,
  import.meta.url,
);

/**
 * Compiles in a thread of its own, so that checks go on meanwhile. Throws the
 * faults of the source; a thread that dies is an `internal_error`.
 */
export async function compileAside(job: CompileJob): Promise<CompiledSource> {
  const report = await new Promise<CompileReport>((resolve, reject) => {
    const thread = new Worker(worker, { workerData: job });
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => {
      reject(new Error(`the compiler's thread ended with code ${code}`));
    });
  }).catch((error: unknown) => {
    throw PolicyError.from(error);
  });
  if ("compiled" in report) {
    return report.compiled;
  }
  const { fault } = report;
  throw new PolicyError(fault.code, fault.message, fault);
}
