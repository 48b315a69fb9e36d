import { ruleShape } from "../analysis/check-conflicts.ts";
import {
  findNode,
  type RuleTree,
  type TreeRule,
} from "../analysis/rule-tree.ts";
import {
  dataLocal,
  type Func,
  inputLocal,
  type Local,
  type Operand,
} from "../ir/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { toConstant } from "./constant-term.ts";
import { inIndexOrder } from "./index-order.ts";
import { observeRule } from "./observe.ts";
import { dotted } from "./path-name.ts";
import { planIndexed, type RuleSet } from "./plan-index.ts";
import type { Planner } from "./planner.ts";
import { localOperand, Writer } from "./writer.ts";

const ruleConflict = "complete rules must not produce multiple outputs";
const functionConflict =
  "functions must not produce multiple outputs for same inputs";

/** The function of the rules at a path, planned on first use; returns its name. */
export function planRules(planner: Planner, path: readonly string[]): string {
  const { program, overrides } = planner;
  const node = findNode(program.analysis.ruleTree, path);
  const name = `${program.generation(overrides)}.data${dotted(path)}`;
  return program.func(name, () => planNode(planner, node as RuleTree, name));
}

function planNode(outer: Planner, node: RuleTree, name: string): Func {
  const arity = node.rules[0]?.rule.head.args.length ?? 0;
  const writer = new Writer(2 + arity);
  const planner = outer.fork(writer);
  const params = Array.from({ length: 2 + arity }, (_, index) => index);
  const ret = writer.local();
  const [first] = node.rules;
  if (first) {
    writer.location = first.rule.location;
    const shape = ruleShape(first);
    if (shape === "complete" || shape === "function") {
      planValues(planner, node.rules, { name, ret, params });
    } else {
      planPartial(planner, node.rules, { name, ret });
    }
  }
  writer.emit({ kind: "ReturnLocalStmt", source: ret });
  return {
    name,
    path: [...name.split(".", 1), ...node.path],
    params: [inputLocal, dataLocal, ...params.slice(2)],
    return: ret,
    blocks: writer.finish(),
  };
}

type Values = {
  /** The function's. */
  readonly name: string;
  readonly ret: Local;
  readonly params: readonly Local[];
};

/** Complete rules and functions: one value, or the default. */
function planValues(
  planner: Planner,
  rules: readonly TreeRule[],
  target: Values,
): void {
  const { writer } = planner;
  writer.emit({ kind: "ResetLocalStmt", target: target.ret });
  const given = rules.filter(({ rule }) => !rule.default);
  const plain = agree(given) ? given : inIndexOrder(planner, given);
  planIndexed(valueSet(planner, plain, target), plain);
  for (const { rule } of rules) {
    if (rule.default) {
      writer.location = rule.location;
      writer.attempt(() => {
        writer.emit({ kind: "IsUndefinedStmt", source: target.ret });
        planOne(planner, rule, target.params, (source) =>
          writer.emit({ kind: "AssignVarStmt", source, target: target.ret }),
        );
      });
    }
  }
  writer.emit({ kind: "IsDefinedStmt", source: target.ret });
}

function valueSet(
  planner: Planner,
  rules: readonly TreeRule[],
  { name, ret, params }: Values,
): RuleSet {
  const { writer } = planner;
  const ends = planner.program.optimizations.earlyExit && agree(rules);
  const conflict = params.length > 2 ? functionConflict : ruleConflict;
  const target: Target = { ret, params, ends, conflict };
  return {
    name,
    planner,
    args: params.map(localOperand),
    plan: (some) => {
      for (const { rule } of some) {
        writer.location = rule.location;
        planChain(planner, rule, target);
      }
    },
    split: (some, part, used) =>
      planValuesPart(planner, some, { name: part, ret, params }, used),
    found: (result) => settle(planner, localOperand(result), target),
  };
}

/** Rules of a document whose values other rules may contradict. */
function planValuesPart(
  outer: Planner,
  rules: readonly TreeRule[],
  { name, params }: Values,
  used: ReadonlySet<string>,
): Func {
  const writer = new Writer(params.length);
  const planner = outer.fork(writer);
  writer.location = rules[0]?.rule.location ?? outer.writer.location;
  const ret = writer.local();
  const set = valueSet(planner, rules, { name, ret, params });
  planIndexed(set, rules, used);
  // A local that was not set is undefined, as is the function's value then.
  writer.emit({ kind: "ReturnLocalStmt", source: ret });
  const blocks = writer.finish();
  return { name, path: [], params, return: ret, part: true, blocks };
}

/** True when the first value found is the only one there can be. */
function agree(rules: readonly TreeRule[]): boolean {
  const values = rules.map(({ rule }) => {
    const { value } = rule.head;
    return rule.else || !isConstant(value)
      ? undefined
      : JSON.stringify(
          value ? toConstant(value) : { kind: "boolean", value: true },
        );
  });
  return !values.includes(undefined) && new Set(values).size === 1;
}

type Target = {
  readonly ret: Local;
  readonly params: readonly Local[];
  /** The function ends with the first value. */
  readonly ends: boolean;
  readonly conflict: string;
};

/** Takes a value as the function's. */
function settle(
  { writer }: Planner,
  source: Operand,
  { ret, ends, conflict }: Target,
): void {
  if (ends) {
    writer.emit({ kind: "AssignVarStmt", source, target: ret });
    writer.emit({ kind: "ReturnLocalStmt", source: ret });
  } else {
    writer.emit({ kind: "AssignVarOnceStmt", source, target: ret, conflict });
  }
}

/** A rule with its else rules: the first that has a value decides. */
function planChain(planner: Planner, rule: Rule, target: Target): void {
  const { writer } = planner;
  if (!rule.else) {
    writer.attempt(() =>
      planOne(planner, rule, target.params, (source) =>
        once(planner, rule, source, target),
      ),
    );
    return;
  }
  const chain = writer.local();
  writer.emit({ kind: "ResetLocalStmt", target: chain });
  for (let link: Rule | undefined = rule; link; link = link.else) {
    const current: Rule = link;
    writer.attempt(() => {
      if (current !== rule) {
        writer.emit({ kind: "IsUndefinedStmt", source: chain });
      }
      planOne(planner, current, target.params, (source) =>
        once(planner, current, source, { ...target, ret: chain }),
      );
    });
  }
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: chain });
    settle(planner, localOperand(chain), target);
  });
}

function once(
  planner: Planner,
  rule: Rule,
  source: Operand,
  target: Target,
): void {
  const { program, writer } = planner;
  writer.location = rule.location;
  settle(planner, source, target);
  // A constant cannot differ from itself: no further solution is needed.
  if (
    program.optimizations.earlyExit &&
    !target.ends &&
    isConstant(rule.head.value)
  ) {
    writer.leave(1);
  }
}

function isConstant(term: Term | undefined): boolean {
  return (
    term === undefined ||
    term.kind === "boolean" ||
    term.kind === "string" ||
    term.kind === "number" ||
    term.kind === "null"
  );
}

/** Arguments, body and value of one rule; its variables end with it. */
function planOne(
  planner: Planner,
  rule: Rule,
  params: readonly Local[],
  next: (value: Operand) => void,
): void {
  planner.env.clear();
  observeRule(planner, rule, (solved) => {
    const matchArgs = (index: number): void => {
      const arg = rule.head.args[index];
      const param = params[2 + index];
      if (!arg || param === undefined) {
        planner.body(rule.body, () =>
          solved(() => planValue(planner, rule, next)),
        );
        return;
      }
      planner.unifyValue(arg, localOperand(param), () => matchArgs(index + 1));
    };
    matchArgs(0);
  });
  planner.env.clear();
}

function planValue(
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
function planPartial(
  planner: Planner,
  rules: readonly TreeRule[],
  { name, ret }: { readonly name: string; readonly ret: Local },
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
    planGroup(planner, group, { name, target });
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

function planGroup(
  planner: Planner,
  rules: readonly TreeRule[],
  { name, target }: { readonly name: string; readonly target: Local },
): void {
  const isSet = rules.every(
    ({ keys, rule }) => keys.length === 0 && rule.head.key,
  );
  planner.writer.emit({
    kind: isSet ? "MakeSetStmt" : "MakeObjectStmt",
    target,
  });
  planIndexed(elementSet(planner, name, target), inIndexOrder(planner, rules));
}

function elementSet(planner: Planner, name: string, target: Local): RuleSet {
  return {
    name,
    planner,
    args: [inputLocal, dataLocal, target].map(localOperand),
    plan: (rules) => planElements(planner, rules, target),
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
  planIndexed(elementSet(outer.fork(writer), name, target), rules, used);
  writer.emit({ kind: "ReturnLocalStmt", source: target });
  const params = [inputLocal, dataLocal, target];
  const blocks = writer.finish();
  return { name, path: [], params, return: target, part: true, blocks };
}

function planElements(
  planner: Planner,
  rules: readonly TreeRule[],
  target: Local,
): void {
  const { writer } = planner;
  for (const { rule, keys } of rules) {
    writer.location = rule.location;
    writer.attempt(() => {
      planner.env.clear();
      observeRule(planner, rule, (solved) =>
        planner.body(rule.body, () =>
          solved(() =>
            planner.terms(keys, (path) => {
              writer.location = rule.location;
              insert(planner, rule, target, path);
            }),
          ),
        ),
      );
      planner.env.clear();
    });
  }
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
}
