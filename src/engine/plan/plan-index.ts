import type { TreeRule } from "../analysis/rule-tree.ts";
import { type Constant, compareConstants } from "../ir/constant.ts";
import type { Func, Local, Operand } from "../ir/ir.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Planner } from "./planner.ts";
import { type RuleTest, ruleTests, type Subject } from "./rule-tests.ts";
import { localOperand } from "./writer.ts";

/** Rules of one document, and how they are planned. */
export type RuleSet = {
  /** Names the functions that are split off. */
  readonly name: string;
  readonly planner: Planner;
  /** What every function that is split off gets. */
  readonly args: readonly Operand[];
  /** Plans rules where the planner is, one after the other. */
  plan(rules: readonly TreeRule[]): void;
  /** A function for some of the rules, which may be told apart further. */
  split(
    rules: readonly TreeRule[],
    name: string,
    used: ReadonlySet<string>,
  ): Func;
  /** What to do with that function's value. */
  found(result: Local): void;
};

// Fewer rules are tried faster than told apart.
const fewest = 8;

/**
 * Plans rules so that only those run whose tests can hold. The subject that
 * leaves the fewest rules to try is looked up once in a table of constants,
 * which names the function of the rules that want that constant.
 */
export function planIndexed(
  set: RuleSet,
  rules: readonly TreeRule[],
  used: ReadonlySet<string> = new Set(),
): void {
  const index =
    set.planner.program.optimizations.ruleIndex && rules.length >= fewest
      ? chooseIndex(set.planner, rules, used)
      : undefined;
  if (!index) {
    set.plan(rules);
    return;
  }
  const { subject, tested, rest } = index;
  const inside = new Set([...used, subject.key]);
  const cases = splitCases(set, tested, inside);
  planSubject(set.planner, subject, (source) => {
    const { writer } = set.planner;
    const result = writer.local();
    const { args } = set;
    writer.emit({ kind: "CallCaseStmt", source, cases, args, result });
    set.found(result);
  });
  planIndexed(set, rest, inside);
}

type Tested = { readonly rule: TreeRule; readonly test: RuleTest };

type Index = {
  readonly subject: Subject;
  readonly tested: readonly Tested[];
  /** Rules that do not test the subject. */
  readonly rest: readonly TreeRule[];
};

function chooseIndex(
  planner: Planner,
  rules: readonly TreeRule[],
  used: ReadonlySet<string>,
): Index | undefined {
  const tests = rules.map(({ rule }) => ruleTests(planner, rule));
  const bySubject = new Map<string, RuleTest[]>();
  for (const [key, test] of tests.flatMap((found) => [...found])) {
    if (!used.has(key)) {
      const known = bySubject.get(key);
      known ? known.push(test) : bySubject.set(key, [test]);
    }
  }
  let best: { readonly subject: Subject; readonly cost: number } | undefined;
  for (const found of bySubject.values()) {
    const cost = expectedTries(found, rules.length);
    const [first] = found;
    if (first && cost < (best?.cost ?? rules.length / 2)) {
      best = { subject: first.subject, cost };
    }
  }
  return best && divide(best.subject, rules, tests);
}

/** Rules that are tried for one value, were all constants as likely. */
function expectedTries(tests: readonly RuleTest[], rules: number): number {
  const values = tests.flatMap((test) => test.values);
  const distinct = new Set(values.map((value) => JSON.stringify(value)));
  return rules - tests.length + values.length / Math.max(distinct.size, 1);
}

function divide(
  subject: Subject,
  rules: readonly TreeRule[],
  tests: readonly ReadonlyMap<string, RuleTest>[],
): Index {
  const tested: Tested[] = [];
  const rest: TreeRule[] = [];
  for (const [at, rule] of rules.entries()) {
    const test = tests[at]?.get(subject.key);
    test ? tested.push({ rule, test }) : rest.push(rule);
  }
  return { subject, tested, rest };
}

type Case = readonly [Constant, string];

/** The function of each constant; constants of the same rules share one. */
function splitCases(
  set: RuleSet,
  tested: readonly Tested[],
  used: ReadonlySet<string>,
): readonly Case[] {
  const groups = new Map<string, { value: Constant; rules: Set<TreeRule> }>();
  for (const { rule, test } of tested) {
    for (const value of test.values) {
      const key = JSON.stringify(value);
      const group = groups.get(key) ?? { value, rules: new Set() };
      groups.set(key, group);
      group.rules.add(rule);
    }
  }
  const numbers = new Map(tested.map(({ rule }, at) => [rule, at]));
  const tests = new Map(tested.map(({ rule, test }) => [rule, test]));
  const decided = (rule: TreeRule) => withoutTest(rule, tests.get(rule)?.expr);
  const names = new Map<string, string>();
  const cases = [...groups.values()].map(({ value, rules }): Case => {
    const key = [...rules].map((rule) => numbers.get(rule)).join();
    const { program } = set.planner;
    const name = names.get(key) ?? program.partName(set.name);
    names.set(key, name);
    return [
      value,
      program.func(name, () => set.split([...rules].map(decided), name, used)),
    ];
  });
  return cases.sort(([a], [b]) => compareConstants(a, b));
}

/** The rule without an expression that the index has decided. */
function withoutTest(placed: TreeRule, expr: Expr | undefined): TreeRule {
  const { rule } = placed;
  const body = rule.body.filter((one) => one !== expr);
  return expr ? { ...placed, rule: { ...rule, body } } : placed;
}

/** Plans `next` with the subject's value, or with each of its elements. */
export function planSubject(
  planner: Planner,
  { source, each }: Subject,
  next: (value: Operand) => void,
): void {
  const { writer } = planner;
  const scan = (value: Operand): void => {
    const collection = writer.toLocal(value);
    writer.scan(collection, (_, element) => next(localOperand(element)));
  };
  writer.attempt(() => {
    const found = each ? scan : next;
    if (typeof source === "number") {
      found(localOperand(source));
    } else {
      planner.term(source, found);
    }
  });
}
