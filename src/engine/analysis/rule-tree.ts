import type { Module, RefTerm, Rule, Term } from "../syntax/ast.ts";

/** The tree of virtual documents; each node may hold rules and children. */
export type RuleTree = {
  /** Path below `data`. */
  readonly path: readonly string[];
  readonly children: Map<string, RuleTree>;
  readonly rules: TreeRule[];
};

/** A rule at its node: what of its head reference goes beyond the node. */
export type TreeRule = {
  readonly rule: Rule;
  /** Keys after the node's path: the first is not a constant. */
  readonly keys: readonly Term[];
};

/** Places every rule at the longest constant prefix of its reference. */
export function buildRuleTree(modules: Iterable<Module>): RuleTree {
  const root = createNode([]);
  for (const module of modules) {
    const base = module.package.path.value.slice(1);
    nodeAt(root, constantNames(base));
    for (const rule of module.rules) {
      const names = [...base, ...headPath(rule.head.ref)];
      const prefix = constantNames(names);
      nodeAt(root, prefix).rules.push({
        rule,
        keys: names.slice(prefix.length),
      });
    }
  }
  return root;
}

/** The head's names as terms: the first is written as a variable. */
function headPath(ref: RefTerm): Term[] {
  const [head, ...rest] = ref.value;
  const name = head?.kind === "var" ? head.value : "";
  return [{ kind: "string", value: name, location: ref.location }, ...rest];
}

function constantNames(terms: readonly Term[]): string[] {
  const names: string[] = [];
  for (const term of terms) {
    if (term.kind !== "string") {
      break;
    }
    names.push(term.value);
  }
  return names;
}

function nodeAt(root: RuleTree, path: readonly string[]): RuleTree {
  let node = root;
  for (const name of path) {
    let child = node.children.get(name);
    if (!child) {
      child = createNode([...node.path, name]);
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
}

function createNode(path: readonly string[]): RuleTree {
  return { path, children: new Map(), rules: [] };
}

/** The node that the constant part of a data ref names, if it is there. */
export function findNode(
  root: RuleTree,
  path: readonly string[],
): RuleTree | undefined {
  let node: RuleTree | undefined = root;
  for (const name of path) {
    node = node?.children.get(name);
  }
  return node;
}

/** The rules at a node, without their else rules. */
export function rulesAtNode(node: RuleTree | undefined): readonly Rule[] {
  return (node?.rules ?? []).map(({ rule }) => rule);
}

/** The rules at a node and everywhere below it, without their else rules. */
export function rulesBelow(node: RuleTree | undefined): readonly Rule[] {
  return node
    ? [...rulesAtNode(node), ...[...node.children.values()].flatMap(rulesBelow)]
    : [];
}
