import { operatorName } from "../analysis/analyze.ts";
import { findNode, type RuleTree } from "../analysis/rule-tree.ts";
import { PolicyError } from "../error.ts";
import { dataLocal, inputLocal, type Local, type Operand } from "../ir/ir.ts";
import type { Body, Expr, RefTerm, Term } from "../syntax/ast.ts";
import { isOverridden, type Overrides } from "./overrides.ts";
import { planDocument } from "./plan-document.ts";
import { planRules } from "./plan-rule.ts";
import { planWith } from "./plan-with.ts";
import type { Program } from "./program.ts";
import { localOperand, Writer } from "./writer.ts";

/** What to plan next, given a value. */
export type Next = (value: Operand) => void;

/**
 * Plans the body of one function. Every method that may have many solutions
 * takes what comes next as a function and plans it inside its loop.
 */
export class Planner {
  readonly program: Program;
  readonly overrides: Overrides;
  readonly writer: Writer;
  /** Variables bound so far. */
  readonly env: Map<string, Local>;

  constructor(
    program: Program,
    overrides: Overrides,
    writer: Writer = new Writer(2),
    env: Map<string, Local> = new Map(),
  ) {
    this.program = program;
    this.overrides = overrides;
    this.writer = writer;
    this.env = env;
  }

  /** The same function under other overrides. */
  under(overrides: Overrides): Planner {
    return new Planner(this.program, overrides, this.writer, this.env);
  }

  string(text: string): Operand {
    return { kind: "string_index", value: this.program.string(text) };
  }

  body(body: Body, next: () => void, index = 0): void {
    const expr = body[index];
    if (!expr) {
      next();
      return;
    }
    this.expr(expr, () => this.body(body, next, index + 1));
  }

  expr(expr: Expr, next: () => void): void {
    const before = this.writer.location;
    this.writer.location = expr.location;
    const after = (): void => {
      const inside = this.writer.location;
      this.writer.location = before;
      next();
      this.writer.location = inside;
    };
    if (expr.with.length > 0) {
      planWith(this, expr, after);
    } else if (expr.negated) {
      this.not(
        (succeed) => this.plain({ ...expr, negated: false }, succeed),
        after,
      );
    } else {
      this.plain(expr, after);
    }
    this.writer.location = before;
  }

  /** A flag that is defined once `search` has a solution; the search ends there. */
  exists(search: (succeed: () => void) => void): Local {
    const { writer } = this;
    const flag = writer.local();
    writer.emit({ kind: "ResetLocalStmt", target: flag });
    writer.attempt(() => {
      const { depth } = writer;
      search(() => {
        writer.emit({
          kind: "AssignVarStmt",
          source: { kind: "bool", value: true },
          target: flag,
        });
        writer.leave(depth);
      });
    });
    return flag;
  }

  private not(search: (succeed: () => void) => void, next: () => void): void {
    const bound = new Map(this.env);
    const flag = this.exists(search);
    restore(this.env, bound);
    this.writer.emit({ kind: "IsUndefinedStmt", source: flag });
    next();
  }

  private plain(expr: Expr, next: () => void): void {
    const { terms } = expr;
    switch (terms.kind) {
      case "term":
        this.term(terms.term, (value) => this.truthy(value, next));
        return;
      case "call":
        this.callExpr(terms.operator, terms.operands, next);
        return;
      case "every":
        this.every(terms, next);
        return;
      case "not":
        this.not((succeed) => this.body(terms.body, succeed), next);
        return;
      case "and":
        this.holds(terms.left, () => this.holds(terms.right, next));
        return;
      case "or": {
        const flag = this.exists((succeed) => {
          this.writer.attempt(() => this.body(terms.left, succeed));
          this.body(terms.right, succeed);
        });
        this.writer.emit({ kind: "IsDefinedStmt", source: flag });
        next();
        return;
      }
      case "some":
        next();
    }
  }

  private holds(body: Body, next: () => void): void {
    const flag = this.exists((succeed) => this.body(body, succeed));
    this.writer.emit({ kind: "IsDefinedStmt", source: flag });
    next();
  }

  private truthy(value: Operand, next: () => void): void {
    if (value.kind === "bool" && !value.value) {
      this.fail();
      return;
    }
    if (value.kind === "local") {
      this.writer.emit({
        kind: "NotEqualStmt",
        a: value,
        b: { kind: "bool", value: false },
      });
    }
    next();
  }

  /** A statement that is always undefined. */
  fail(): void {
    this.writer.emit({ kind: "BreakStmt", index: 0 });
  }

  /** No element fails: there is none for which the body has no solution. */
  private every(
    terms: Extract<Expr["terms"], { kind: "every" }>,
    next: () => void,
  ): void {
    const { writer } = this;
    this.term(terms.domain, (domain) => {
      const source = writer.toLocal(domain);
      const bound = new Map(this.env);
      const failed = this.exists((fail) => {
        const [key, value] = [writer.local(), writer.local()];
        const block = writer.block(() => {
          if (terms.key?.kind === "var") {
            this.env.set(terms.key.value, key);
          }
          if (terms.value.kind === "var") {
            this.env.set(terms.value.value, value);
          }
          const ok = this.exists((succeed) => this.body(terms.body, succeed));
          writer.emit({ kind: "IsUndefinedStmt", source: ok });
          fail();
        });
        writer.emit({ kind: "ScanStmt", source, key, value, block });
      });
      restore(this.env, bound);
      writer.emit({ kind: "IsUndefinedStmt", source: failed });
      next();
    });
  }

  private callExpr(
    operator: RefTerm,
    operands: readonly Term[],
    next: () => void,
  ): void {
    const name = operatorName(operator);
    if (name === "eq") {
      this.unify(operands[0] as Term, operands[1] as Term, next);
      return;
    }
    const arity = this.arity(operator);
    if (operands.length > arity) {
      const output = operands[arity] as Term;
      this.call(operator, operands.slice(0, arity), (value) =>
        this.unifyValue(output, value, next),
      );
      return;
    }
    this.call(operator, operands, (value) => this.truthy(value, next));
  }

  private arity(operator: RefTerm): number {
    const path = dataPath(operator);
    if (path) {
      const node = findNode(this.program.analysis.ruleTree, path);
      return node?.rules[0]?.rule.head.args.length ?? 0;
    }
    return (
      this.program.analysis.builtins.get(operatorName(operator))?.arity ?? 0
    );
  }

  /** Calls a function or builtin once for each combination of operand values. */
  call(operator: RefTerm, operands: readonly Term[], next: Next): void {
    this.terms(operands, (values) => this.callValues(operator, values, next));
  }

  private callValues(
    operator: RefTerm,
    values: readonly Operand[],
    next: Next,
  ): void {
    const { writer } = this;
    const mock = this.overrides.mocks.get(operatorName(operator));
    if (mock?.kind === "value") {
      const target = writer.local();
      writer.emit({
        kind: "DotStmt",
        source: localOperand(dataLocal),
        key: this.string(mock.key),
        target,
      });
      next(localOperand(target));
      return;
    }
    if (mock) {
      // The replacement itself may call what it replaces.
      const mocks = new Map(this.overrides.mocks);
      mocks.delete(operatorName(operator));
      const inner = this.under({ ...this.overrides, mocks });
      inner.callValues(mock.operator, values, next);
      return;
    }
    const path = dataPath(operator);
    const result = writer.local();
    if (path) {
      const func = planRules(this, path);
      writer.emit({
        kind: "CallStmt",
        func,
        args: [localOperand(inputLocal), localOperand(dataLocal), ...values],
        result,
      });
      next(localOperand(result));
      return;
    }
    const name = operatorName(operator);
    this.program.builtin(name, values.length);
    writer.emit({ kind: "CallStmt", func: name, args: values, result });
    if (this.program.analysis.builtins.get(name)?.relation) {
      this.scanValues(result, next);
    } else {
      next(localOperand(result));
    }
  }

  private scanValues(source: Local, next: Next): void {
    const { writer } = this;
    const [key, value] = [writer.local(), writer.local()];
    const block = writer.block(() => next(localOperand(value)));
    writer.emit({ kind: "ScanStmt", source, key, value, block });
  }

  terms(
    terms: readonly Term[],
    next: (values: readonly Operand[]) => void,
    done: readonly Operand[] = [],
  ): void {
    const term = terms[done.length];
    if (!term) {
      next(done);
      return;
    }
    this.term(term, (value) => this.terms(terms, next, [...done, value]));
  }

  term(term: Term, next: Next): void {
    const { writer } = this;
    switch (term.kind) {
      case "null": {
        const target = writer.local();
        writer.emit({ kind: "MakeNullStmt", target });
        next(localOperand(target));
        return;
      }
      case "boolean":
        next({ kind: "bool", value: term.value });
        return;
      case "number":
        next(localOperand(this.number(term.value)));
        return;
      case "string":
        next(this.string(term.value));
        return;
      case "var":
        next(localOperand(this.variable(term.value, term)));
        return;
      case "ref":
        this.ref(term, next);
        return;
      case "array":
      case "set":
        this.terms(term.value, (values) =>
          next(localOperand(this.list(term.kind, values))),
        );
        return;
      case "object":
        this.terms(term.value.flat(), (values) =>
          next(localOperand(this.object(values))),
        );
        return;
      case "call":
        this.call(term.operator, term.operands, next);
        return;
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension":
        next(localOperand(this.comprehension(term)));
        return;
      case "templatestring":
        this.template(term, next);
    }
  }

  private number(text: string): Local {
    const target = this.writer.local();
    const value = Number(text);
    if (Number.isSafeInteger(value) && String(value) === text) {
      this.writer.emit({ kind: "MakeNumberIntStmt", value, target });
    } else {
      const index = this.program.string(text);
      this.writer.emit({ kind: "MakeNumberRefStmt", index, target });
    }
    return target;
  }

  private variable(name: string, term: Term): Local {
    const local = this.env.get(name);
    if (local === undefined) {
      throw new PolicyError(
        "rego_unsafe_var_error",
        `var ${this.program.analysis.names.written.get(name) ?? name} is unsafe`,
        { location: term.location },
      );
    }
    return local;
  }

  private list(kind: "array" | "set", values: readonly Operand[]): Local {
    const { writer } = this;
    const target = writer.local();
    if (kind === "array") {
      writer.emit({ kind: "MakeArrayStmt", capacity: values.length, target });
    } else {
      writer.emit({ kind: "MakeSetStmt", target });
    }
    for (const value of values) {
      writer.emit(
        kind === "array"
          ? { kind: "ArrayAppendStmt", value, array: target }
          : { kind: "SetAddStmt", value, set: target },
      );
    }
    return target;
  }

  private object(values: readonly Operand[]): Local {
    const { writer } = this;
    const target = writer.local();
    writer.emit({ kind: "MakeObjectStmt", target });
    for (let index = 0; index < values.length; index += 2) {
      writer.emit({
        kind: "ObjectInsertOnceStmt",
        key: values[index] as Operand,
        value: values[index + 1] as Operand,
        object: target,
      });
    }
    return target;
  }

  private comprehension(
    term: Extract<
      Term,
      {
        kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension";
      }
    >,
  ): Local {
    const { writer } = this;
    const target = writer.local();
    const bound = new Map(this.env);
    if (term.kind === "arraycomprehension") {
      writer.emit({ kind: "MakeArrayStmt", capacity: 0, target });
    } else {
      writer.emit({
        kind:
          term.kind === "setcomprehension" ? "MakeSetStmt" : "MakeObjectStmt",
        target,
      });
    }
    writer.attempt(() =>
      this.body(term.body, () => {
        if (term.kind === "objectcomprehension") {
          this.terms([term.key, term.value], ([key, value]) =>
            writer.emit({
              kind: "ObjectInsertOnceStmt",
              key: key as Operand,
              value: value as Operand,
              object: target,
            }),
          );
          return;
        }
        this.term(term.term, (value) =>
          writer.emit(
            term.kind === "arraycomprehension"
              ? { kind: "ArrayAppendStmt", value, array: target }
              : { kind: "SetAddStmt", value, set: target },
          ),
        );
      }),
    );
    restore(this.env, bound);
    return target;
  }

  /** Every piece becomes text or the set of its values, then one text. */
  private template(
    term: Extract<Term, { kind: "templatestring" }>,
    next: Next,
  ): void {
    const { writer } = this;
    const parts = term.parts.map((part): Operand => {
      if ("kind" in part) {
        return this.string(part.value);
      }
      const set = writer.local();
      writer.emit({ kind: "MakeSetStmt", target: set });
      const bound = new Map(this.env);
      writer.attempt(() => this.templatePart(part, set));
      restore(this.env, bound);
      return localOperand(set);
    });
    const array = this.list("array", parts);
    const result = writer.local();
    this.program.builtin("internal.template_string", 1);
    writer.emit({
      kind: "CallStmt",
      func: "internal.template_string",
      args: [localOperand(array)],
      result,
    });
    next(localOperand(result));
  }

  private templatePart(expr: Expr, set: Local): void {
    const { terms } = expr;
    const { location } = expr;
    const term: Term =
      terms.kind === "term"
        ? terms.term
        : terms.kind === "call"
          ? {
              kind: "call",
              operator: terms.operator,
              operands: terms.operands,
              location,
            }
          : { kind: "boolean", value: true, location };
    const add = (value: Operand): void =>
      this.writer.emit({ kind: "SetAddStmt", value, set });
    if (expr.with.length === 0) {
      this.term(term, add);
      return;
    }
    const name = `$template${this.writer.local()}`;
    const output: Term = { kind: "var", value: name, location };
    const eq: RefTerm = {
      kind: "ref",
      value: [{ kind: "var", value: "eq", location }],
      location,
    };
    this.expr(
      {
        ...expr,
        terms: { kind: "call", operator: eq, operands: [output, term] },
      },
      () => this.term(output, add),
    );
  }

  ref(term: RefTerm, next: Next): void {
    const [head, ...rest] = term.value;
    if (head?.kind === "var" && head.value === "input") {
      if (rest.length === 0) {
        this.writer.emit({ kind: "IsDefinedStmt", source: inputLocal });
      }
      this.dots(localOperand(inputLocal), rest, next);
    } else if (head?.kind === "var" && head.value === "data") {
      planDocument(this, rest, next);
    } else {
      this.term(head as Term, (value) => this.dots(value, rest, next));
    }
  }

  /** Looks keys up one after the other; an unbound variable runs over all. */
  dots(source: Operand, keys: readonly Term[], next: Next): void {
    const { writer } = this;
    const [key, ...rest] = keys;
    if (!key) {
      next(source);
      return;
    }
    if (this.isPattern(key)) {
      this.scan(writer.toLocal(source), key, (value) =>
        this.dots(value, rest, next),
      );
      return;
    }
    this.term(key, (operand) => {
      const target = writer.local();
      writer.emit({ kind: "DotStmt", source, key: operand, target });
      this.dots(localOperand(target), rest, next);
    });
  }

  private scan(source: Local, pattern: Term, next: Next): void {
    const { writer } = this;
    const [key, value] = [writer.local(), writer.local()];
    const bound = new Map(this.env);
    const block = writer.block(() =>
      this.unifyValue(pattern, localOperand(key), () =>
        next(localOperand(value)),
      ),
    );
    restore(this.env, bound);
    writer.emit({ kind: "ScanStmt", source, key, value, block });
  }

  /** True for an unbound variable, or a composite that holds one. */
  isPattern(term: Term): boolean {
    switch (term.kind) {
      case "var":
        return !this.env.has(term.value);
      case "array":
        return term.value.some((item) => this.isPattern(item));
      case "object":
        return term.value.some(([, value]) => this.isPattern(value));
      default:
        return false;
    }
  }

  unify(left: Term, right: Term, next: () => void): void {
    if (
      left.kind === "array" &&
      right.kind === "array" &&
      (this.isPattern(left) || this.isPattern(right))
    ) {
      if (left.value.length !== right.value.length) {
        this.fail();
        return;
      }
      this.unifyAll(
        left.value.map((item, i) => [item, right.value[i] as Term]),
        next,
      );
    } else if (
      this.isPattern(left) &&
      this.isPattern(right) &&
      left.kind === "object" &&
      right.kind === "object"
    ) {
      this.unifyObjects(left.value, right.value, next);
    } else if (this.isPattern(left)) {
      this.term(right, (value) => this.unifyValue(left, value, next));
    } else {
      this.term(left, (value) => this.unifyValue(right, value, next));
    }
  }

  private unifyObjects(
    left: readonly (readonly [Term, Term])[],
    right: readonly (readonly [Term, Term])[],
    next: () => void,
  ): void {
    const pairs: [Term, Term][] = [];
    for (const [key, value] of left) {
      const other = right.find(
        ([name]) =>
          "value" in name && "value" in key && name.value === key.value,
      );
      if (!other || left.length !== right.length) {
        this.fail();
        return;
      }
      pairs.push([value, other[1]]);
    }
    this.unifyAll(pairs, next);
  }

  private unifyAll(
    pairs: readonly (readonly [Term, Term])[],
    next: () => void,
  ): void {
    const [first, ...rest] = pairs;
    if (!first) {
      next();
      return;
    }
    this.unify(first[0], first[1], () => this.unifyAll(rest, next));
  }

  /** Matches a value against a pattern, binding its unbound variables. */
  unifyValue(pattern: Term, value: Operand, next: () => void): void {
    const { writer } = this;
    if (pattern.kind === "var" && !this.env.has(pattern.value)) {
      const local = writer.toLocal(value);
      this.env.set(pattern.value, local);
      next();
      this.env.delete(pattern.value);
    } else if (pattern.kind === "array" && this.isPattern(pattern)) {
      this.unifyArray(pattern.value, value, next);
    } else if (pattern.kind === "object" && this.isPattern(pattern)) {
      this.unifyObject(pattern.value, value, next);
    } else {
      this.term(pattern, (other) => {
        writer.emit({ kind: "EqualStmt", a: other, b: value });
        next();
      });
    }
  }

  private unifyArray(
    items: readonly Term[],
    value: Operand,
    next: () => void,
  ): void {
    this.writer.emit({ kind: "IsArrayStmt", source: value });
    this.hasLength(value, items.length);
    const step = (index: number): void => {
      const item = items[index];
      if (!item) {
        next();
        return;
      }
      const key = localOperand(this.number(String(index)));
      const target = this.writer.local();
      this.writer.emit({ kind: "DotStmt", source: value, key, target });
      this.unifyValue(item, localOperand(target), () => step(index + 1));
    };
    step(0);
  }

  private unifyObject(
    entries: readonly (readonly [Term, Term])[],
    value: Operand,
    next: () => void,
  ): void {
    this.writer.emit({ kind: "IsObjectStmt", source: value });
    this.hasLength(value, entries.length);
    const step = (index: number): void => {
      const entry = entries[index];
      if (!entry) {
        next();
        return;
      }
      this.term(entry[0], (key) => {
        const target = this.writer.local();
        this.writer.emit({ kind: "DotStmt", source: value, key, target });
        this.unifyValue(entry[1], localOperand(target), () => step(index + 1));
      });
    };
    step(0);
  }

  private hasLength(source: Operand, length: number): void {
    const { writer } = this;
    const found = writer.local();
    writer.emit({ kind: "LenStmt", source, target: found });
    const wanted = this.number(String(length));
    writer.emit({
      kind: "EqualStmt",
      a: localOperand(found),
      b: localOperand(wanted),
    });
  }

  isHidden(node: RuleTree): boolean {
    return isOverridden(this.overrides, node.path);
  }
}

/** The constant path of a ref into data, without its root. */
function dataPath({ value }: RefTerm): string[] | undefined {
  const [head, ...rest] = value;
  return head?.kind === "var" && head.value === "data"
    ? rest.map((term) => (term.kind === "string" ? term.value : ""))
    : undefined;
}

function restore(
  env: Map<string, Local>,
  bound: ReadonlyMap<string, Local>,
): void {
  env.clear();
  for (const [name, local] of bound) {
    env.set(name, local);
  }
}
