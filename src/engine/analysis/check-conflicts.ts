import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Module, Rule, Term } from "../syntax/ast.ts";
import { printRef, printTerm } from "../syntax/print.ts";
import { isScalar } from "./map.ts";
import { writtenRef } from "./names.ts";
import type { TreeRule } from "./rule-tree.ts";
import type { State } from "./state.ts";

type Shape = "function" | "set" | "object" | "complete";

/** What a rule makes of its node's document. */
export function ruleShape({ rule, keys }: TreeRule): Shape {
  if (rule.head.args.length > 0) {
    return "function";
  }
  if (keys.length > 0) {
    return "object";
  }
  return rule.head.key ? "set" : "complete";
}

/** Rules by the constant part of their path, numbers and booleans included. */
type Node = {
  readonly children: Map<string, Node>;
  readonly rules: PlacedRule[];
};

type PlacedRule = {
  readonly rule: Rule;
  readonly module: Module;
  readonly ref: readonly Term[];
  /** No variable in the whole ref. */
  readonly ground: boolean;
};

/** Reports rules of one name that cannot stand together. */
export function checkConflicts(state: State): void {
  const root = createNode();
  for (const module of state.modules) {
    for (const rule of module.rules) {
      place(root, module, rule);
    }
  }
  checkNode(root, state);
  checkPackages(state);
}

function createNode(): Node {
  return { children: new Map(), rules: [] };
}

function place(root: Node, module: Module, rule: Rule): void {
  const [name, ...keys] = rule.head.ref.value;
  const head: Term[] =
    name?.kind === "var"
      ? [{ kind: "string", value: name.value, location: name.location }]
      : [];
  const ref = [...module.package.path.value, ...head, ...keys];
  const end = ref.findIndex((term, index) => index > 0 && !isScalar(term));
  let node = root;
  for (const term of ref.slice(1, end < 0 ? undefined : end)) {
    const key = printTerm(term);
    const child = node.children.get(key) ?? createNode();
    node.children.set(key, child);
    node = child;
  }
  node.rules.push({ rule, module, ref, ground: end < 0 });
}

function checkNode(node: Node, state: State): void {
  const [first] = node.rules;
  // A conflict hides those below it.
  if (first && reportNode(node, first, state)) {
    return;
  }
  for (const child of node.children.values()) {
    checkNode(child, state);
  }
}

function reportNode(node: Node, first: PlacedRule, state: State): boolean {
  const fail = (message: string, at: Location): boolean => {
    const details = { location: at };
    state.report(new PolicyError("rego_type_error", message, details));
    return true;
  };
  const last = node.rules.at(-1) ?? first;
  const name = nameOf(last.ref, state);
  const { location } = first.rule;
  const below = conflictsBelow(node);
  if (below.length > 0) {
    const lines = below.map(
      ({ ref, rule }) =>
        `  rule ${nameOf(ref, state)} at ${rule.location.file}:${rule.location.row}`,
    );
    return fail(`rule ${name} conflicts with:\n${lines.join("\n")}`, location);
  }
  if (isMixed(node.rules)) {
    return fail(`conflicting rules ${name} found`, location);
  }
  const defaults = node.rules.filter(({ rule }) => rule.default);
  const [firstDefault] = defaults;
  if (firstDefault && defaults.length > 1) {
    const places = defaults.map(
      ({ rule }) => `${rule.location.file}:${rule.location.row}`,
    );
    return fail(
      `multiple default rules ${name} found at ${places.join(", ")}`,
      firstDefault.module.package.location,
    );
  }
  return false;
}

/** A set beside a value, a function beside none, different arities, … */
function isMixed(rules: readonly PlacedRule[]): boolean {
  const isMulti = ({ rule }: PlacedRule): boolean => !rule.head.value;
  const complete = rules.some((one) => !isMulti(one) && one.ground);
  const partial = rules.some((one) => isMulti(one) || !one.ground);
  const arities = new Set(rules.map(({ rule }) => rule.head.args.length));
  const sets = rules.filter(isMulti);
  return (
    new Set(rules.map(isMulti)).size > 1 ||
    arities.size > 1 ||
    (complete && partial) ||
    (sets.some(({ ground }) => ground) && sets.some(({ ground }) => !ground))
  );
}

/** Rules inside the extent of one that has a single value; functions in any. */
function conflictsBelow(node: Node): PlacedRule[] {
  if (node.children.size === 0) {
    return [];
  }
  const below = [...node.children.values()].flatMap(allRules);
  const found = node.rules.some(({ ground }) => ground)
    ? below
    : below.filter(({ rule }) => rule.head.args.length > 0);
  return withoutExtensions(found);
}

function allRules(node: Node): PlacedRule[] {
  return [...node.rules, ...[...node.children.values()].flatMap(allRules)];
}

/** Of rules where one path begins with another's only the shorter is named. */
function withoutExtensions(rules: readonly PlacedRule[]): PlacedRule[] {
  const paths = rules.map(({ ref }) => ref.map(printTerm));
  const kept = rules.filter((_, index) => {
    const path = paths[index] ?? [];
    return !paths.some(
      (other, at) =>
        at !== index &&
        (other.length < path.length ||
          (other.length === path.length && at < index)) &&
        other.every((part, place_) => part === path[place_]),
    );
  });
  return kept.sort((a, b) =>
    printRef(toRef(a.ref)) < printRef(toRef(b.ref)) ? -1 : 1,
  );
}

function toRef(value: readonly Term[]) {
  const [first] = value;
  return {
    kind: "ref",
    value,
    location: (first as Term).location,
  } as const;
}

function nameOf(ref: readonly Term[], { names }: State): string {
  return printRef(writtenRef(toRef(ref), names));
}

/** A package must not have the path of a rule. */
function checkPackages({ modules, report }: State): void {
  const packages = new Map<string, Module>();
  for (const module of modules) {
    packages.set(printRef(module.package.path), module);
  }
  for (const module of modules) {
    for (const rule of module.rules) {
      const [name, ...keys] = rule.head.ref.value;
      if (name?.kind !== "var" || !keys.every(isScalar)) {
        continue;
      }
      const first: Term = {
        kind: "string",
        value: name.value,
        location: name.location,
      };
      const path = toRef([...module.package.path.value, first, ...keys]);
      const other = packages.get(printRef(path));
      if (other) {
        const { file, row } = rule.location;
        const pkg = printRef(toRef(other.package.path.value)).replace(
          /^data\./,
          "",
        );
        const message = `package ${pkg} conflicts with rule ${printRef(rule.head.ref)} defined at ${file}:${row}`;
        const { location } = module.package;
        report(new PolicyError("rego_type_error", message, { location }));
      }
    }
  }
}
