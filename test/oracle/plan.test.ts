import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readArchive } from "../../src/bundle/archive.ts";
import { compilePlan, publishedOptimizations } from "../../src/engine/index.ts";
import { type ConformanceCase, readCases } from "../conformance/case.ts";
import { caseSource } from "../conformance/run-case.ts";
import { runPlan } from "../conformance/run-plan.ts";
import { opaProgram } from "../support/both-tools.ts";
import { runProgram, treeOf } from "../support/command-line.ts";
import type { PlanFile } from "../support/plan-interpreter.ts";

const folder = "../shared/conformance/rego";

// Of the cases that ask for one document, one in so many.
const sampled = 40;

/** The document that a case asks for, as an entrypoint. */
function entrypointOf({ query }: ConformanceCase): string | undefined {
  const [, path] = /^data((?:\.\w+)+) = x$/.exec(query) ?? [];
  return path?.slice(1).replaceAll(".", "/");
}

function sample(): readonly ConformanceCase[] {
  return readCases(folder)
    .filter((one) => one.want_result?.length === 1 && !one.input_term)
    .filter((one) => entrypointOf(one) !== undefined)
    .filter((_, at) => at % sampled === 0);
}

describe.skipIf(opaProgram === undefined || !existsSync(folder))(
  "plans of both tools",
  () => {
    test("answer alike, in one reader", async () => {
      const cases = sample();
      for (const one of cases) {
        const entrypoint = entrypointOf(one) ?? "";
        const { modules } = caseSource(one);
        const run = (plan: PlanFile | undefined) =>
          plan &&
          runPlan(plan, entrypoint, { ...one, reading: "as OPA reads" });
        const own = await run(ownPlan(modules, entrypoint));
        expect(own, one.note).toEqual(
          await run(await opaPlan(modules, entrypoint)),
        );
      }
      expect(cases.length).toBeGreaterThan(20);
    });
  },
);

type Modules = Readonly<Record<string, string>>;

function ownPlan(modules: Modules, entrypoint: string): PlanFile | undefined {
  const compiled = compilePlan({
    modules,
    entrypoints: [entrypoint],
    requireRules: true,
    exposeDependents: true,
    print: true,
    optimizations: publishedOptimizations(1),
  });
  return "errors" in compiled ? undefined : JSON.parse(compiled.plan.json);
}

async function opaPlan(
  modules: Modules,
  entrypoint: string,
): Promise<PlanFile | undefined> {
  const cwd = treeOf(modules);
  const args = ["build", "-t", "plan", "-e", entrypoint, ".", "-o", "o.tgz"];
  if (runProgram(opaProgram ?? "", args, { cwd }).status !== 0) {
    return undefined;
  }
  const files = await readArchive(readFileSync(join(cwd, "o.tgz")));
  const plan = files.find(({ name }) => name === "plan.json");
  return JSON.parse(Buffer.from(plan?.bytes ?? []).toString());
}
