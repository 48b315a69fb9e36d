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
import { constantValue } from "./constant-term.ts";
import { isCompleteRule, planEarlyExit } from "./early-exit.ts";
import { inIndexOrder } from "./index-order.ts";
import { observeRule } from "./observe.ts";
import { dotted } from "./path-name.ts";
import { planIndexed, type RuleSet } from "./plan-index.ts";
import { planPartial, planValue } from "./plan-partial.ts";
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

/** The function of what the rules of a partial document put at its first `count` keys. */
export function planMember(
  planner: Planner,
  node: RuleTree,
  count: number,
): string {
  const { program, overrides } = planner;
  const name = `${program.generation(overrides)}.member${count}.data${dotted(node.path)}`;
  return program.func(name, () => ({
    ...planNode(planner, node, name, { count }),
    part: true,
  }));
}

/** The same at keys that are known now: the function has no arguments, so that its value is kept. */
export function planConstantMember(
  planner: Planner,
  node: RuleTree,
  keys: readonly Term[],
): string {
  const { program, overrides } = planner;
  const text = keys.map((key) => JSON.stringify(constantKey(key))).join();
  const name = `${program.generation(overrides)}.member[${text}].data${dotted(node.path)}`;
  return program.func(name, () => ({
    ...planNode(planner, node, name, { count: 0, constants: keys }),
    path: [],
  }));
}

function constantKey(key: Term): unknown {
  return "value" in key ? [key.kind, key.value] : [key.kind];
}

/** Of a partial document: the keys at which it is wanted, given or known. */
type Keys = { readonly count: number; readonly constants?: readonly Term[] };

function planNode(
  outer: Planner,
  node: RuleTree,
  name: string,
  keys: Keys = { count: 0 },
): Func {
  const arity = node.rules[0]?.rule.head.args.length ?? 0;
  const count = 2 + arity + keys.count;
  const writer = new Writer(count);
  const planner = outer.fork(writer);
  const params = Array.from({ length: count }, (_, index) => index);
  const ret = writer.local();
  const [first] = node.rules;
  if (first) {
    writer.location = first.rule.location;
    const shape = ruleShape(first);
    if (shape === "complete" || shape === "function") {
      planValues(planner, node.rules, { name, ret, params });
    } else {
      const known = planConstants(planner, keys.constants ?? []);
      const wanted = [...params.slice(2), ...known];
      planPartial(planner, node.rules, { name, ret, keys: wanted });
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

function planConstants(planner: Planner, terms: readonly Term[]): Local[] {
  const found: Local[] = [];
  for (const term of terms) {
    planner.term(term, (value) => found.push(planner.writer.toLocal(value)));
  }
  return found;
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
  const { program, writer } = planner;
  writer.emit({ kind: "ResetLocalStmt", target: target.ret });
  const given = rules.filter(({ rule }) => !rule.default);
  // Of rules that agree, only who watches sees which one comes first.
  const isSeen = program.observer !== undefined || !agree(given);
  const plain = isSeen ? inIndexOrder(planner, given) : given;
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
  const { observer, optimizations } = planner.program;
  const ends =
    optimizations.earlyExit &&
    agree(rules) &&
    (!observer || rules.every(({ rule }) => isCompleteRule(rule)));
  const conflict = params.length > 2 ? functionConflict : ruleConflict;
  const early = ends ? undefined : planEarlyExit(planner, rules);
  const target: Target = { ret, params, ends, early, conflict };
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
  const values = rules.map(({ rule }) =>
    rule.else ? undefined : constantValue(rule),
  );
  return !values.includes(undefined) && new Set(values).size === 1;
}

type Target = {
  readonly ret: Local;
  readonly params: readonly Local[];
  /** The function ends with the first value. */
  readonly ends: boolean;
  /** The same where this is defined. */
  readonly early: Local | undefined;
  readonly conflict: string;
};

/** Takes a value as the function's. */
function settle(planner: Planner, source: Operand, target: Target): void {
  const { writer } = planner;
  const { ret, ends, conflict } = target;
  if (ends) {
    writer.emit({ kind: "AssignVarStmt", source, target: ret });
    writer.emit({ kind: "ReturnLocalStmt", source: ret });
    return;
  }
  writer.emit({ kind: "AssignVarOnceStmt", source, target: ret, conflict });
  endEarly(planner, ret, target);
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
        endLink(planner, current, source, { ...target, chain }),
      );
    });
  }
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: chain });
    settle(planner, localOperand(chain), target);
  });
}

/** Takes the value of a rule without else. */
function once(
  planner: Planner,
  rule: Rule,
  source: Operand,
  target: Target,
): void {
  const { writer } = planner;
  writer.location = rule.location;
  settle(planner, source, target);
  endSearch(planner, rule, target);
}

/** Takes the value of a rule of a chain, which stands aside until the chain is left. */
function endLink(
  planner: Planner,
  rule: Rule,
  source: Operand,
  target: Target & { readonly chain: Local },
): void {
  const { chain, conflict } = target;
  const { writer } = planner;
  writer.location = rule.location;
  writer.emit({ kind: "AssignVarOnceStmt", source, target: chain, conflict });
  endEarly(planner, chain, target);
  endSearch(planner, rule, target);
}

/** Ends the function where the first value is known to be enough. */
function endEarly({ writer }: Planner, source: Local, { early }: Target): void {
  if (early !== undefined) {
    writer.attempt(() => {
      writer.emit({ kind: "IsDefinedStmt", source: early });
      writer.emit({ kind: "ReturnLocalStmt", source });
    });
  }
}

/**
 * A constant cannot differ from itself: no further solution is needed. OPA looks
 * for them all the same, which an instrumented module tells of.
 */
function endSearch(
  { program, writer }: Planner,
  rule: Rule,
  { ends }: Target,
): void {
  const { observer, optimizations } = program;
  const isFree = optimizations.earlyExit && !observer && !ends;
  if (isFree && constantValue(rule) !== undefined) {
    writer.leave(1);
  }
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
