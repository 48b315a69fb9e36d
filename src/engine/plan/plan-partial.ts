import type { TreeRule } from "../analysis/rule-tree.ts";
import {
  dataLocal,
  type Func,
  inputLocal,
  type Local,
  type Operand,
} from "../ir/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { inIndexOrder } from "./index-order.ts";
import { observeHead, observeRule } from "./observe.ts";
import { planIndexed, type RuleSet } from "./plan-index.ts";
import type { Planner } from "./planner.ts";
import { localOperand, Writer } from "./writer.ts";

/** The value of a rule's head. */
export function planValue(
  planner: Planner,
  rule: Rule,
  next: (value: Operand) => void,
): void {
  const { value } = rule.head;
  if (value) {
    planner.term(value, next);
  } else {
    next({ kind: "bool", value: true });
  }
}

/**
 * Sets and objects grow by every solution of every rule. Rules whose paths have
 * different lengths, or end in different kinds, grow documents of their own, for
 * a path of one must not lead into a value of another.
 */
export function planPartial(
  planner: Planner,
  rules: readonly TreeRule[],
  { name, ret, keys }: Omit<Elements, "target"> & { readonly ret: Local },
): void {
  const { writer } = planner;
  const groups = new Map<string, TreeRule[]>();
  for (const rule of rules) {
    const key = `${rule.keys.length} ${rule.rule.head.key !== undefined}`;
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  const longestFirst = [...groups.values()].sort(
    (a, b) => (b[0]?.keys.length ?? 0) - (a[0]?.keys.length ?? 0),
  );
  for (const [index, group] of longestFirst.entries()) {
    const target = index === 0 ? ret : writer.local();
    planGroup(planner, group, { name, target, keys });
    if (index > 0) {
      writer.location = rules[0]?.rule.location ?? writer.location;
      const depth = group[0]?.keys.length ?? 0;
      writer.emit({
        kind: "ObjectMergeOnceStmt",
        a: ret,
        b: target,
        depth,
        target: ret,
      });
    }
  }
}

/** Where the elements of a partial document go. */
type Elements = {
  readonly name: string;
  readonly target: Local;
  /** Only what is at these keys is wanted. */
  readonly keys: readonly Local[];
};

function planGroup(
  planner: Planner,
  rules: readonly TreeRule[],
  elements: Elements,
): void {
  const { target } = elements;
  const isSet = rules.every(
    ({ keys, rule }) => keys.length === 0 && rule.head.key,
  );
  planner.writer.emit({
    kind: isSet ? "MakeSetStmt" : "MakeObjectStmt",
    target,
  });
  planIndexed(elementSet(planner, elements), inIndexOrder(planner, rules));
}

function elementSet(planner: Planner, elements: Elements): RuleSet {
  const { name, target } = elements;
  return {
    name,
    planner,
    args: [inputLocal, dataLocal, target].map(localOperand),
    plan: (rules) => planElements(planner, rules, elements),
    split: (rules, part, used) => planElementsPart(planner, rules, part, used),
    found: () => {
      // The part has put its elements in.
    },
  };
}

/** Some rules of a partial document: a function of the container they fill. */
function planElementsPart(
  outer: Planner,
  rules: readonly TreeRule[],
  name: string,
  used: ReadonlySet<string>,
): Func {
  const target = 2;
  const writer = new Writer(target + 1);
  writer.location = rules[0]?.rule.location ?? outer.writer.location;
  const set = elementSet(outer.fork(writer), { name, target, keys: [] });
  planIndexed(set, rules, used);
  writer.emit({ kind: "ReturnLocalStmt", source: target });
  const params = [inputLocal, dataLocal, target];
  const blocks = writer.finish();
  return { name, path: [], params, return: target, part: true, blocks };
}

function planElements(
  planner: Planner,
  rules: readonly TreeRule[],
  { target, keys: wanted }: Elements,
): void {
  const { writer } = planner;
  for (const { rule, keys } of rules) {
    writer.location = rule.location;
    const add = (): void =>
      planner.terms(keys, (path) => {
        writer.location = rule.location;
        insert(planner, rule, target, path);
      });
    writer.attempt(() => {
      planner.env.clear();
      observeRule(planner, rule, (solved) => {
        const evaluate = (): void => planner.body(rule.body, () => solved(add));
        if (wanted.length === 0) {
          evaluate();
        } else {
          const head = rule.head.key ? [...keys, rule.head.key] : keys;
          observeHead(planner, rule, (matched) =>
            matchKeys(planner, head, wanted, () => matched(evaluate)),
          );
        }
      });
      planner.env.clear();
    });
  }
}

/** Goes on where the keys of a rule's head are those that are wanted. */
function matchKeys(
  planner: Planner,
  [key, ...keys]: readonly Term[],
  [wanted, ...others]: readonly Local[],
  next: () => void,
): void {
  if (!key || wanted === undefined) {
    next();
    return;
  }
  planner.unifyValue(key, localOperand(wanted), () =>
    matchKeys(planner, keys, others, next),
  );
}

/** Puts the rule's element at its path below `container`. */
function insert(
  planner: Planner,
  rule: Rule,
  container: Local,
  path: readonly Operand[],
): void {
  const { writer } = planner;
  const [key, ...rest] = path;
  if (!key) {
    planner.term(rule.head.key as Term, (value) =>
      writer.emit({ kind: "SetAddStmt", value, set: container }),
    );
    return;
  }
  if (rest.length === 0 && !rule.head.key) {
    planValue(planner, rule, (value) =>
      writer.emit({
        kind: "ObjectInsertOnceStmt",
        key,
        value,
        object: container,
      }),
    );
    return;
  }
  const child = writer.local();
  writer.emit({ kind: "ResetLocalStmt", target: child });
  writer.attempt(() =>
    writer.emit({
      kind: "DotStmt",
      source: localOperand(container),
      key,
      target: child,
    }),
  );
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: child });
    writer.emit({
      kind: rest.length === 0 ? "MakeSetStmt" : "MakeObjectStmt",
      target: child,
    });
    writer.emit({
      kind: "ObjectInsertOnceStmt",
      key,
      value: localOperand(child),
      object: container,
    });
  });
  insert(planner, rule, child, rest);
  if (!planner.program.optimizations.inPlaceInsertion) {
    writer.emit({
      kind: "ObjectInsertStmt",
      key,
      value: localOperand(child),
      object: container,
    });
  }
}
