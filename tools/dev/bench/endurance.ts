import { loadPolicy } from "../../../src/engine/index.ts";
import { printFigure, printHeading, printRatio } from "./report.ts";
import { compileWorkload, encodeInput } from "./sides/in-process.ts";
import { rbac } from "./workloads/rbac.ts";

const decisions = 1_000_000;

/** A million decisions in one instance: neither the sandbox nor the process grows. */
export async function measureEndurance(): Promise<void> {
  const policy = await loadPolicy(compileWorkload(rbac), { data: rbac.data });
  const input = encodeInput(rbac);
  const decide = (count: number): void => {
    for (let call = 0; call < count; call += 1) {
      policy.evaluate(input);
    }
  };
  decide(decisions / 50);
  const sandbox = policy.memoryBytes;
  const resident = process.memoryUsage().rss;
  decide(decisions);
  printHeading("endurance", `${decisions.toLocaleString("en")} decisions`);
  printRatio("bytes that the sandbox has grown", policy.memoryBytes - sandbox, {
    atMost: 0,
  });
  printFigure(
    "the process has grown by",
    (process.memoryUsage().rss - resident) / 1_000_000,
    "MB",
  );
}
