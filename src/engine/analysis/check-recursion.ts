import { PolicyError } from "../error.ts";
import type { Body, Rule, Term } from "../syntax/ast.ts";
import type { Report } from "./resolve.ts";
import type { RuleTree } from "./rule-tree.ts";
import { childTerms, closureOf, exprClosures, openTerms } from "./term-vars.ts";

/** Reports each rule that depends on itself. */
export function checkRecursion(tree: RuleTree, report: Report): void {
  const nodes = allNodes(tree).filter(({ rules }) => rules.length > 0);
  const state = new Map<RuleTree, "open" | "done">();
  const trail: RuleTree[] = [];
  const visit = (node: RuleTree): void => {
    if (state.get(node) === "done") {
      return;
    }
    if (state.get(node) === "open") {
      report(recursion(trail, node));
      return;
    }
    state.set(node, "open");
    trail.push(node);
    for (const next of dependencies(node, tree)) {
      visit(next);
    }
    trail.pop();
    state.set(node, "done");
  };
  for (const node of nodes) {
    visit(node);
  }
}

function recursion(trail: readonly RuleTree[], node: RuleTree): PolicyError {
  const cycle = [...trail.slice(trail.indexOf(node)), node];
  const names = cycle.map(({ path }) => `data.${path.join(".")}`);
  const last = names[0] ?? "";
  return new PolicyError(
    "rego_recursion_error",
    `rule ${last} is recursive: ${names.join(" -> ")}`,
    { location: node.rules[0]?.rule.location },
  );
}

function allNodes(node: RuleTree): RuleTree[] {
  return [node, ...[...node.children.values()].flatMap(allNodes)];
}

function dependencies(node: RuleTree, tree: RuleTree): Set<RuleTree> {
  const found = new Set<RuleTree>();
  for (const { rule } of node.rules) {
    addRule(rule, tree, found);
  }
  return found;
}

function addRule(rule: Rule, tree: RuleTree, found: Set<RuleTree>): void {
  addBody(rule.body, tree, found);
  const { ref, key, value } = rule.head;
  for (const term of [...ref.value.slice(1), key, value]) {
    if (term) {
      addTerm(term, tree, found);
    }
  }
  if (rule.else) {
    addRule(rule.else, tree, found);
  }
}

function addBody(body: Body, tree: RuleTree, found: Set<RuleTree>): void {
  for (const expr of body) {
    if (expr.terms.kind === "call") {
      addTerm(expr.terms.operator, tree, found);
    }
    for (const term of openTerms(expr)) {
      addTerm(term, tree, found);
    }
    for (const closure of exprClosures(expr.terms)) {
      addBody(closure.body, tree, found);
    }
  }
}

function addTerm(term: Term, tree: RuleTree, found: Set<RuleTree>): void {
  if (term.kind === "ref") {
    addRef(term.value, tree, found);
  }
  if (term.kind === "call") {
    addTerm(term.operator, tree, found);
  }
  const closure = closureOf(term);
  if (closure) {
    addBody(closure.body, tree, found);
    for (const head of closure.heads) {
      addTerm(head, tree, found);
    }
  }
  for (const child of childTerms(term)) {
    addTerm(child, tree, found);
  }
}

/** A ref depends on the rules on its way, or on all below where it ends. */
function addRef(
  terms: readonly Term[],
  tree: RuleTree,
  found: Set<RuleTree>,
): void {
  const [head, ...rest] = terms;
  if (head?.kind === "var" && head.value === "data") {
    addPath(tree, rest, found);
  }
}

function addPath(
  node: RuleTree,
  path: readonly Term[],
  found: Set<RuleTree>,
): void {
  if (node.rules.length > 0) {
    found.add(node);
  }
  const [key, ...rest] = path;
  if (!key) {
    for (const below of allNodes(node)) {
      if (below.rules.length > 0) {
        found.add(below);
      }
    }
    return;
  }
  for (const [name, child] of node.children) {
    if (mayEqual(key, name)) {
      addPath(child, rest, found);
    }
  }
}

/** Whether a key of a ref may be this name when the policy runs. */
function mayEqual(key: Term, name: string): boolean {
  switch (key.kind) {
    case "string":
      return key.value === name;
    case "var":
    case "ref":
    case "call":
    case "templatestring":
      return true;
    default:
      return false;
  }
}
