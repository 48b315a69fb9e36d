import {
  compilePlan,
  type Optimizations,
  parseJson,
  toJson,
} from "../../src/engine/index.ts";
import { type ExactJson, stringifyExactJson } from "../support/exact-json.ts";
import { builtinsOf } from "../support/plan-builtins.ts";
import {
  type PlanFile,
  PlanInterpreter,
  type Reading,
} from "../support/plan-interpreter.ts";
import type { ConformanceCase } from "./case.ts";
import { caseSource, type Failure, judged } from "./run-case.ts";

/** Runs a case by our published plan, read in one of the ways of reading plans. */
export function runPlanCase(
  testCase: ConformanceCase,
  reading: Reading,
  optimizations: Optimizations,
): Promise<Failure> {
  return judged(testCase, async () => {
    const compiled = compilePlan({ ...caseSource(testCase), optimizations });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const file: PlanFile = JSON.parse(compiled.plan.json);
    const results = await runPlan(file, "eval", { ...testCase, reading });
    return `[${results.join(",")}]`;
  });
}

type PlanRun = Pick<ConformanceCase, "input" | "data"> & {
  readonly reading: Reading;
};

/** The result set of a plan, each binding as JSON text. */
export async function runPlan(
  file: PlanFile,
  name: string,
  { input, data = {}, reading }: PlanRun,
): Promise<readonly string[]> {
  const interpreter = new PlanInterpreter(
    file,
    await builtinsOf(file),
    reading,
  );
  const results = interpreter.run(name, {
    input: input === undefined ? undefined : toValue(input),
    data: toValue(data),
  });
  return results.map(toJson);
}

function toValue(json: ExactJson) {
  return parseJson(stringifyExactJson(json));
}
