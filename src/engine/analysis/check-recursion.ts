import { PolicyError } from "../error.ts";
import type { Module, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { elseChain, headTerms, visitTerm, visitTerms } from "./map.ts";
import type { RuleTree } from "./rule-tree.ts";
import type { State } from "./state.ts";

/** Which rules each rule depends on directly; else rules count on their own. */
export type RuleGraph = ReadonlyMap<Rule, ReadonlySet<Rule>>;

/** Which rules depend on each rule directly; none for a rule that nobody needs. */
export function dependentRules(
  graph: RuleGraph,
): ReadonlyMap<Rule, readonly Rule[]> {
  const dependents = new Map<Rule, Rule[]>();
  for (const [rule, needs] of graph) {
    for (const need of needs) {
      const known = dependents.get(need);
      if (known) {
        known.push(rule);
      } else {
        dependents.set(need, [rule]);
      }
    }
  }
  return dependents;
}

/** Builds the graph of rules: a ref depends on every rule that it may reach. */
export function buildRuleGraph(
  modules: readonly Module[],
  tree: RuleTree,
): RuleGraph {
  const graph = new Map<Rule, Set<Rule>>();
  for (const module of modules) {
    for (const rule of module.rules.flatMap(elseChain)) {
      graph.set(rule, dependencies(rule, tree));
    }
  }
  return graph;
}

function dependencies(rule: Rule, tree: RuleTree): Set<Rule> {
  const found = new Set<Rule>();
  const visit = (term: Term): void => {
    if (term.kind === "ref") {
      addRef(term.value, tree, found);
    }
  };
  visitTerms(rule.body, visit);
  for (const term of headTerms(rule)) {
    visitTerm(term, visit);
  }
  return found;
}

/** The rules that a ref may reach. */
export function rulesReached(ref: RefTerm, tree: RuleTree): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  addRef(ref.value, tree, found);
  return found;
}

/** A ref depends on the rules on its way, or on all below where it ends. */
function addRef(ref: readonly Term[], tree: RuleTree, found: Set<Rule>): void {
  const [head] = ref;
  if (head?.kind === "var" && head.value === "data") {
    new Reach(ref, found).from(tree, 1);
  }
}

/** Goes along a ref through the tree of rules. */
class Reach {
  private readonly ref: readonly Term[];
  private readonly found: Set<Rule>;

  constructor(ref: readonly Term[], found: Set<Rule>) {
    this.ref = ref;
    this.found = found;
  }

  /** From a node, by the ref's keys from one on. */
  from(node: RuleTree, index: number): void {
    addRules(node, this.found);
    const key = this.ref[index];
    if (!key) {
      addBelow(node, this.found);
      return;
    }
    if (key.kind === "string") {
      const child = node.children.get(key.value);
      if (child) {
        this.from(child, index + 1);
      }
      return;
    }
    for (const child of mayBeText(key) ? node.children.values() : []) {
      this.from(child, index + 1);
    }
  }
}

function addRules({ rules }: RuleTree, found: Set<Rule>): void {
  for (const { rule } of rules) {
    for (let link: Rule | undefined = rule; link; link = link.else) {
      found.add(link);
    }
  }
}

function addBelow(node: RuleTree, found: Set<Rule>): void {
  for (const child of node.children.values()) {
    addRules(child, found);
    addBelow(child, found);
  }
}

/** Whether a key of a ref may be a name when the policy runs. */
function mayBeText({ kind }: Term): boolean {
  return kind === "var" || kind === "ref" || kind === "call";
}

/** Reports each rule that depends on itself, with a path that shows it. */
export function checkRecursion(state: State, graph: RuleGraph): void {
  const suspects = cyclicRules(graph);
  for (const module of state.modules) {
    for (const rule of module.rules.flatMap(elseChain)) {
      const path = suspects.has(rule) ? pathToSelf(rule, graph) : undefined;
      if (path) {
        const name = (one: Rule): string => ruleName(one, module, state);
        const text = path.map(name).join(" -> ");
        const message = `rule ${name(rule)} is recursive: ${text}`;
        const { location } = rule;
        state.report(
          new PolicyError("rego_recursion_error", message, { location }),
        );
      }
    }
  }
}

/** Rules in a strongly connected part of the graph, by repeated removal of ends. */
function cyclicRules(graph: RuleGraph): Set<Rule> {
  const waiting = new Map<Rule, number>();
  for (const [rule, needs] of graph) {
    waiting.set(rule, needs.size);
  }
  const dependents = dependentRules(graph);
  const ready = [...waiting]
    .filter(([, count]) => count === 0)
    .map(([rule]) => rule);
  for (let rule = ready.pop(); rule; rule = ready.pop()) {
    waiting.delete(rule);
    for (const dependent of dependents.get(rule) ?? []) {
      const count = (waiting.get(dependent) ?? 1) - 1;
      waiting.set(dependent, count);
      if (count === 0) {
        ready.push(dependent);
      }
    }
  }
  return new Set(waiting.keys());
}

function pathToSelf(start: Rule, graph: RuleGraph): Rule[] | undefined {
  const visited = new Set<Rule>();
  const search = (rule: Rule): Rule[] | undefined => {
    for (const next of graph.get(rule) ?? []) {
      if (next === start) {
        return [rule, start];
      }
      if (!visited.has(next)) {
        visited.add(next);
        const rest = search(next);
        if (rest) {
          return [rule, ...rest];
        }
      }
    }
    return undefined;
  };
  return search(start);
}

function ruleName(rule: Rule, inside: Module, state: State): string {
  const owner =
    state.modules.find(({ rules }) =>
      rules.some((one) => elseChain(one).includes(rule)),
    ) ?? inside;
  const [name, ...keys] = rule.head.ref.value;
  const first: Term[] =
    name?.kind === "var"
      ? [{ kind: "string", value: name.value, location: name.location }]
      : [];
  const value = [...owner.package.path.value, ...first, ...keys];
  const { location } = rule;
  return printRef({ kind: "ref", value, location });
}
