import { type Charge, codeCosts } from "./block-costs.ts";
import { type CallGraph, callGraph } from "./call-graph.ts";
import type { ForeignFunction, ForeignModule } from "./foreign-module.ts";

/** What a function takes for running, and where. */
export type FunctionCosts = {
  readonly charges: ReadonlyMap<number, Charge>;
  /** Counts how often it is in progress: chains of calls that come back pass it. */
  readonly isCounted: boolean;
};

// Up to this price the callers of a function pay for it, so that small
// functions that are called often take no fuel themselves.
const greatestPrice = 256;

/**
 * The costs of each of a module's own functions. Whatever can go on for ever
 * passes the head of a loop or of a counted function, and those look at the fuel.
 */
export function moduleCosts(module: ForeignModule): readonly FunctionCosts[] {
  const graph = callGraph(module);
  const imported = module.imports.filter(({ kind }) => kind === "function");
  const pricing = new Pricing(graph);
  const costs: FunctionCosts[] = [];
  for (const index of graph.order) {
    const own = module.functions[index - imported.length];
    if (own) {
      costs[index - imported.length] = pricing.add(index, own);
    }
  }
  return costs;
}

class Pricing {
  private readonly graph: CallGraph;
  private readonly prices = new Map<number, number>();

  constructor(graph: CallGraph) {
    this.graph = graph;
  }

  /** Callees come before their callers, but for those that charge themselves. */
  add(index: number, { code }: ForeignFunction): FunctionCosts {
    const { charges, entry } = codeCosts(
      code,
      (callee) => this.prices.get(callee) ?? 0,
    );
    const isCounted = this.graph.recurring.has(index);
    const paysItself =
      isCounted || this.graph.tabled.has(index) || entry > greatestPrice;
    if (!paysItself) {
      this.prices.set(index, entry);
      return { charges, isCounted };
    }
    const head: Charge = { cost: Math.max(entry, 1), isHead: true };
    return { charges: new Map([...charges, [0, head]]), isCounted };
  }
}
