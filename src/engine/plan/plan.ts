import type { AnalysedQuery, Analysis } from "../analysis/analyze.ts";
import type { Plan, Policy } from "../ir/ir.ts";
import { type Instrument, Observer } from "./observer.ts";
import { noOverrides } from "./overrides.ts";
import { planCallExpr } from "./plan-call.ts";
import { planTerm } from "./plan-term.ts";
import { planUnifyValue } from "./plan-unify.ts";
import { planWith } from "./plan-with.ts";
import { Planner, type Productions } from "./planner.ts";
import { Program } from "./program.ts";
import { localOperand, Writer } from "./writer.ts";

const productions: Productions = {
  term: planTerm,
  call: planCallExpr,
  unifyValue: planUnifyValue,
  with: planWith,
};

/** A named query: an entrypoint, or what `eval` was asked. */
export type NamedQuery = AnalysedQuery & { readonly name: string };

/**
 * Plans the queries and every rule they reach. Each solution of a query adds
 * an object of its variables to the result set.
 */
export function planPolicy(
  analysis: Analysis,
  queries: readonly NamedQuery[],
  instrument?: Instrument,
): Policy {
  const files = analysis.modules.map((module) => module.package.location.file);
  const program = new Program(
    analysis,
    productions,
    instrument && new Observer(instrument, files),
  );
  return program.finish(queries.map((query) => planQuery(program, query)));
}

function planQuery(program: Program, query: NamedQuery): Plan {
  const writer = new Writer(2);
  const planner = new Planner(program, noOverrides, writer);
  writer.attempt(() =>
    planner.body(query.body, () => {
      const bindings = writer.local();
      writer.emit({ kind: "MakeObjectStmt", target: bindings });
      for (const [name, written] of query.variables) {
        const local = planner.env.get(name);
        if (local !== undefined) {
          writer.emit({
            kind: "ObjectInsertStmt",
            key: planner.string(written),
            value: localOperand(local),
            object: bindings,
          });
        }
      }
      writer.emit({ kind: "ResultSetAddStmt", value: bindings });
    }),
  );
  return { name: query.name, blocks: writer.finish() };
}
