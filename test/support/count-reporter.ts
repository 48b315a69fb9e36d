import type { Reporter, TestModule } from "vitest/node";
import { recordCounts } from "./record-counts.ts";

/**
 * Counts for .ci/run, and prints `N passed, N failed, N skipped` as the last
 * line. A module or a group of tests that cannot be set up is a failure.
 */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    for (const module of modules) {
      const groups = [module, ...module.children.allSuites()];
      for (const group of groups) {
        for (const error of group.errors()) {
          counts.failed += 1;
          failures.push(`${module.relativeModuleId}: ${error.message}`);
        }
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state === "pending" ? "skipped" : state] += 1;
        if (state === "failed") {
          const said = (errors ?? []).map(({ message }) => message).join("; ");
          failures.push(
            `${module.relativeModuleId} > ${test.fullName}: ${said}`,
          );
        }
      }
    }
    recordCounts(counts, failures);
    const { passed, failed, skipped } = counts;
    process.stdout.write(
      `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
    );
  }
}
