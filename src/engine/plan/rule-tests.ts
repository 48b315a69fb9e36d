import { isScalar } from "../analysis/map.ts";
import { operatorName } from "../analysis/operator-name.ts";
import type { RuleTree } from "../analysis/rule-tree.ts";
import type { Constant } from "../ir/constant.ts";
import type { Local } from "../ir/ir.ts";
import type { Expr, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { isComparable, toConstant } from "./constant-term.ts";
import type { Planner } from "./planner.ts";

/** A value by which rules are told apart: a ref, an argument, or the elements of a ref. */
export type Subject = {
  /** Equal for equal subjects. */
  readonly key: string;
  readonly source: RefTerm | Local;
  /** Each element is looked at, not the collection. */
  readonly each: boolean;
};

/** A rule has no value unless its subject is one of the values. */
export type RuleTest = {
  readonly subject: Subject;
  readonly values: readonly Constant[];
  /** An expression that says the same: it holds where the subject is the value. */
  readonly expr?: Expr;
};

/** The tests that a rule and all its else rules agree on, by subject. */
export function ruleTests(
  planner: Planner,
  rule: Rule,
): ReadonlyMap<string, RuleTest> {
  const found = new Collector(planner, rule).collect();
  if (!rule.else) {
    return found;
  }
  const others = ruleTests(planner, rule.else);
  const common = new Map<string, RuleTest>();
  for (const [key, { subject, values }] of found) {
    const other = others.get(key);
    if (other) {
      common.set(key, { subject, values: [...values, ...other.values] });
    }
  }
  return common;
}

/** What OPA's index asks of a subject: one of some values, or any. */
export type IndexTest = {
  readonly subject: Subject;
  readonly values: readonly Constant[] | undefined;
};

/** What OPA's index asks before it chooses a rule; else rules are asked apart. */
export function indexTests(planner: Planner, rule: Rule): readonly IndexTest[] {
  const collector = new Collector(planner, rule, true);
  const tests = collector.collect();
  const present = [...collector.present.values()].filter(
    ({ key }) => !tests.has(key),
  );
  return [
    ...tests.values(),
    ...present.map((subject) => ({ subject, values: undefined })),
  ];
}

/** Reads the tests of one rule off its arguments and its body. */
class Collector {
  /** Refs that must have a value, whatever it is. */
  readonly present = new Map<string, Subject>();
  private readonly planner: Planner;
  private readonly rule: Rule;
  private readonly tests = new Map<string, RuleTest>();
  /** Variables that equal a subject wherever the body holds. */
  private readonly names = new Map<string, Subject>();

  /** Takes what OPA's index takes, beyond what ours is quick for. */
  private readonly asOpa: boolean;

  constructor(planner: Planner, rule: Rule, asOpa = false) {
    this.planner = planner;
    this.rule = rule;
    this.asOpa = asOpa;
  }

  collect(): ReadonlyMap<string, RuleTest> {
    for (const [index, arg] of this.rule.head.args.entries()) {
      const source = 2 + index;
      const subject = { key: `argument ${source}`, source, each: false };
      this.equal(arg, subject);
    }
    for (const expr of this.rule.body) {
      this.expr(expr);
    }
    return this.tests;
  }

  private expr(expr: Expr): void {
    const { negated, with: modifiers, terms } = expr;
    if (negated || modifiers.length > 0) {
      return;
    }
    if (terms.kind === "term" && terms.term.kind === "ref") {
      this.mustBe(this.subject(terms.term));
    }
    if (terms.kind !== "call") {
      return;
    }
    const name = operatorName(terms.operator);
    const [left, right] = terms.operands;
    if (
      !left ||
      !right ||
      terms.operands.length !== 2 ||
      this.planner.overrides.mocks.has(name)
    ) {
      return;
    }
    if (name === "eq" || name === "equal") {
      this.equality(left, right, expr);
    } else if (name === "internal.member_2") {
      this.member(left, right);
    }
  }

  private equality(left: Term, right: Term, expr: Expr): void {
    if (this.asOpa && (this.someOf(left, right) || this.someOf(right, left))) {
      return;
    }
    const [a, b] = [this.subject(left), this.subject(right)];
    if (left.kind === "var" || right.kind === "var") {
      this.mustBe(left.kind === "ref" ? a : b);
    }
    // A variable takes its value from one side or the other; and numbers that
    // are equal may be written differently.
    const kinds = [left.kind, right.kind].sort().join();
    const same = kinds === "ref,string" ? expr : undefined;
    if (b) {
      this.equal(left, b, same);
    } else if (a) {
      this.equal(right, a, same);
    }
  }

  private mustBe(subject: Subject | undefined): void {
    if (subject && typeof subject.source !== "number") {
      this.present.set(subject.key, subject);
    }
  }

  /** A term that equals a subject: a constant tests it, a variable names it. */
  private equal(term: Term, subject: Subject, expr?: Expr): void {
    if (term.kind === "var") {
      if (!this.names.has(term.value)) {
        this.names.set(term.value, subject);
      }
      return;
    }
    const value = comparable(term);
    if (value) {
      this.test({ subject, values: [value], ...(expr && { expr }) });
    }
  }

  /** `input.xs[_] = 1`: one of the elements is the scalar. */
  private someOf(collection: Term, item: Term): boolean {
    if (collection.kind !== "ref" || !isScalar(item)) {
      return false;
    }
    const [key] = collection.value.slice(-1);
    const value = collection.value.slice(0, -1);
    const prefix = this.subject({ ...collection, value });
    const constant = comparable(item);
    if (key?.kind !== "var" || !prefix || !constant) {
      return false;
    }
    const subject = { ...prefix, key: `each ${prefix.key}`, each: true };
    this.test({ subject, values: [constant] });
    return true;
  }

  private member(item: Term, collection: Term): void {
    const subject = this.subject(item);
    const values = subject && elements(collection);
    if (subject && values) {
      this.test({ subject, values });
      return;
    }
    const source = this.subject(collection);
    const value = comparable(item);
    if (source && value) {
      const key = `each ${source.key}`;
      this.test({ subject: { ...source, key, each: true }, values: [value] });
    }
  }

  /** Of several tests of one subject the first is as good as any. */
  private test(test: RuleTest): void {
    if (!this.tests.has(test.subject.key)) {
      this.tests.set(test.subject.key, test);
    }
  }

  private subject(term: Term): Subject | undefined {
    if (term.kind === "var") {
      return this.names.get(term.value);
    }
    if (term.kind !== "ref" || !this.isBase(term)) {
      return undefined;
    }
    // The number 1 and the name "1" are two keys.
    const path = term.value.map((part) =>
      "value" in part ? [part.kind, part.value] : [part.kind],
    );
    const key = JSON.stringify(path);
    return { key, source: term, each: false };
  }

  /** True for constant paths into the input, or into data where no rule is. */
  private isBase({ value: [head, ...rest] }: RefTerm): boolean {
    if (head?.kind !== "var" || !rest.every(isConstantKey)) {
      return false;
    }
    if (head.value === "input") {
      return true;
    }
    return (
      head.value === "data" &&
      isOutside(this.planner.program.analysis.ruleTree, rest)
    );
  }
}

function isConstantKey({ kind }: Term): boolean {
  return kind === "string" || kind === "number";
}

function child(node: RuleTree, key: Term): RuleTree | undefined {
  return key.kind === "string" ? node.children.get(key.value) : undefined;
}

/** True when a path leaves the tree of rules without having met one. */
function isOutside(root: RuleTree, path: readonly Term[]): boolean {
  let node: RuleTree = root;
  for (const key of path) {
    if (node.rules.length > 0) {
      return false;
    }
    const next = child(node, key);
    if (!next) {
      return true;
    }
    node = next;
  }
  return false;
}

function comparable(term: Term): Constant | undefined {
  const value = toConstant(term);
  return value && isComparable(value) ? value : undefined;
}

/** What a constant collection holds. */
function elements(term: Term): readonly Constant[] | undefined {
  const collection = comparable(term);
  switch (collection?.kind) {
    case "array":
    case "set":
      return collection.value;
    case "object":
      return collection.value.map(([, value]) => value);
    default:
      return undefined;
  }
}
