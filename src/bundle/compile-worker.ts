import { parentPort, workerData } from "node:worker_threads";
import { PolicyError } from "../engine/index.ts";
import type { CompileReport } from "./compile-aside.ts";
import { type CompileJob, compileSource } from "./compile-source.ts";

// A thread of its own for one compilation: takes a CompileJob, answers once.
parentPort?.postMessage(report(workerData as CompileJob));

function report(job: CompileJob): CompileReport {
  try {
    return { compiled: compileSource(job) };
  } catch (error) {
    const { code, rawMessage, location, details } = PolicyError.from(error);
    return { fault: { code, message: rawMessage, location, details } };
  }
}
