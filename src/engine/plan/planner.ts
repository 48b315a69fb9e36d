import type { RuleTree } from "../analysis/rule-tree.ts";
import { PolicyError } from "../error.ts";
import type { Constant } from "../ir/constant.ts";
import type { Local, Operand } from "../ir/ir.ts";
import type { Body, Expr, RefTerm, Term } from "../syntax/ast.ts";
import { Bindings } from "./bindings.ts";
import { toConstant } from "./constant-term.ts";
import { observeBody, observeEvery, observeExpr } from "./observe.ts";
import { isOverridden, type Overrides } from "./overrides.ts";
import type { Program } from "./program.ts";
import { localOperand, Writer } from "./writer.ts";

/** What to plan next, given a value. */
export type Next = (value: Operand) => void;

/** The parts of the language that are planned in files of their own. */
export type Productions = {
  term(planner: Planner, term: Term, next: Next): void;
  /** A call that stands as an expression. */
  call(
    planner: Planner,
    operator: RefTerm,
    operands: readonly Term[],
    next: () => void,
  ): void;
  unifyValue(
    planner: Planner,
    pattern: Term,
    value: Operand,
    next: () => void,
  ): void;
  with(planner: Planner, expr: Expr, next: () => void): void;
};

/**
 * Plans the body of one function. Every method that may have many solutions
 * takes what comes next as a function and plans it inside its loop; what follows
 * one solution is planned after it, so that a long body takes no deep stack.
 */
export class Planner {
  readonly program: Program;
  readonly overrides: Overrides;
  readonly writer: Writer;
  /** Variables bound so far. */
  readonly env: Bindings;

  constructor(
    program: Program,
    overrides: Overrides,
    writer: Writer = new Writer(2),
    env = new Bindings(),
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

  /** A planner of another function under the same overrides. */
  fork(writer: Writer): Planner {
    return new Planner(this.program, this.overrides, writer);
  }

  string(text: string): Operand {
    return { kind: "string_index", value: this.program.string(text) };
  }

  /** Evaluates a term, once for each of its values. */
  term(term: Term, next: Next): void {
    this.program.productions.term(this, term, next);
  }

  /** Matches a value against a pattern, binding its unbound variables. */
  unifyValue(pattern: Term, value: Operand, next: () => void): void {
    this.program.productions.unifyValue(this, pattern, value, next);
  }

  /** The value of a term that needs no statement, else undefined. */
  immediate(term: Term): Operand | undefined {
    switch (term.kind) {
      case "boolean":
        return { kind: "bool", value: term.value };
      case "string":
        return this.string(term.value);
      case "var": {
        const local = this.env.get(term.value);
        return local === undefined ? undefined : localOperand(local);
      }
      case "array":
      case "set":
      case "object": {
        const constant = toConstant(term);
        return (
          constant && {
            kind: "constant_index",
            value: this.program.constant(constant),
          }
        );
      }
      default:
        return undefined;
    }
  }

  /** Evaluates terms, once for each combination of their values. */
  terms(
    terms: readonly Term[],
    next: (values: readonly Operand[]) => void,
    done: readonly Operand[] = [],
  ): void {
    const { depth } = this.env;
    const values = [...done];
    for (const term of terms.slice(done.length)) {
      const value = this.immediate(term);
      const found = value
        ? { value }
        : this.after<Operand>(
            (then) => this.term(term, then),
            (one) => this.terms(terms, next, [...values, one]),
          );
      if (!found) {
        this.env.unbind(depth);
        return;
      }
      values.push(found.value);
    }
    next(values);
    this.env.unbind(depth);
  }

  number(text: string): Local {
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

  body(body: Body, next: () => void): void {
    const { location } = this.writer;
    this.inTurn(body, (expr, then) => this.expr(expr, then), next);
    this.writer.location = location;
  }

  /** Plans steps by `plan`, each for every solution of those before it. */
  inTurn<Step>(
    steps: readonly Step[],
    plan: (step: Step, then: () => void) => void,
    next: () => void,
    from = 0,
  ): void {
    const { depth } = this.env;
    for (let at = from; at < steps.length; at += 1) {
      const found = this.after<void>(
        (then) => plan(steps[at] as Step, then),
        () => this.inTurn(steps, plan, next, at + 1),
      );
      if (!found) {
        this.env.unbind(depth);
        return;
      }
    }
    next();
    this.env.unbind(depth);
  }

  /**
   * Plans by `plan` what has solutions. Where it has one in the block that is
   * being written, planning goes on after it, with what it bound: that one is
   * given. Otherwise `inside` has planned what follows.
   */
  private after<T>(
    plan: (then: (value: T) => void) => void,
    inside: (value: T) => void,
  ): { readonly value: T } | undefined {
    const { env, writer } = this;
    const { open } = writer;
    const { depth } = env;
    let found: { readonly value: T } | undefined;
    let bound: ReturnType<Bindings["since"]> = [];
    let end = 0;
    plan((value) => {
      if (writer.open !== open || found) {
        inside(value);
        return;
      }
      found = { value };
      bound = env.since(depth);
      end = open.length;
    });
    if (found && open.length !== end) {
      throw new PolicyError(
        "internal_error",
        "a statement was planned behind what follows its expression",
      );
    }
    for (const [name, local] of bound) {
      env.bind(name, local);
    }
    return found;
  }

  expr(expr: Expr, next: () => void): void {
    const before = this.writer.location;
    this.writer.location = expr.location;
    this.program.place = expr.location;
    const after = (): void => {
      const inside = this.writer.location;
      this.writer.location = before;
      next();
      this.writer.location = inside;
    };
    const { observer } = this.program;
    if (observer) {
      const plan = (then: () => void): void => this.step(expr, then);
      observeExpr(this, observer, { expr, next: after, plan });
    } else {
      this.step(expr, after);
    }
    this.writer.location = before;
  }

  /** The expression without the events that tell of it. */
  step(expr: Expr, next: () => void): void {
    if (expr.with.length > 0) {
      this.program.productions.with(this, expr, next);
    } else if (expr.negated) {
      this.negated(expr, next);
    } else {
      this.plain(expr, next);
    }
  }

  private negated(expr: Expr, next: () => void): void {
    const { observer } = this.program;
    if (!observer?.trace) {
      const positive = { ...expr, negated: false };
      this.not((succeed) => this.plain(positive, succeed), next);
      return;
    }
    const body = observer.complement(expr);
    this.not((succeed) => this.closure(body, succeed), next);
  }

  /** A body that is evaluated by itself; the first solution of some is enough. */
  closure(body: Body, succeed: () => void, isOnce = false): void {
    const { observer } = this.program;
    if (observer?.trace) {
      observeBody(this, observer, body, { isOnce, succeed });
    } else {
      this.body(body, succeed);
    }
  }

  /** A flag that is defined once `search` has a solution; the search ends there. */
  exists(search: (succeed: () => void) => void): Local {
    return this.flag(search, true);
  }

  private flag(search: (succeed: () => void) => void, ends: boolean): Local {
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
        if (ends) {
          writer.leave(depth);
        }
      });
    });
    return flag;
  }

  private not(search: (succeed: () => void) => void, next: () => void): void {
    const bound = new Map(this.env);
    // As OPA's, an instrumented build looks at every solution.
    const flag = this.flag(search, this.program.observer === undefined);
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
        this.program.productions.call(
          this,
          terms.operator,
          terms.operands,
          next,
        );
        return;
      case "every":
        this.every(expr, terms, next);
        return;
      case "not":
        this.not((succeed) => this.closure(terms.body, succeed), next);
        return;
      case "and":
        this.holds(terms.left, () => this.holds(terms.right, next));
        return;
      case "or": {
        const flag = this.exists((succeed) => {
          this.writer.attempt(() => this.closure(terms.left, succeed, true));
          this.closure(terms.right, succeed, true);
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
    const flag = this.exists((succeed) => this.closure(body, succeed, true));
    this.writer.emit({ kind: "IsDefinedStmt", source: flag });
    next();
  }

  /** Goes on unless the value is false. */
  truthy(value: Operand, next: () => void): void {
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

  /** Goes on unless the value is the constant. */
  unequal(value: Operand, constant: Constant): void {
    const b = this.constant(constant);
    this.writer.emit({ kind: "NotEqualStmt", a: value, b });
  }

  /** Goes on when the value is the constant. */
  equal(value: Operand, constant: Constant): void {
    const b = this.constant(constant);
    this.writer.emit({ kind: "EqualStmt", a: value, b });
  }

  private constant(constant: Constant): Operand {
    return { kind: "constant_index", value: this.program.constant(constant) };
  }

  /** A statement that is always undefined. */
  fail(): void {
    this.writer.emit({ kind: "BreakStmt", index: 0 });
  }

  /** No element fails: there is none for which the body has no solution. */
  private every(
    expr: Expr,
    terms: Extract<Expr["terms"], { kind: "every" }>,
    next: () => void,
  ): void {
    const { writer } = this;
    const { observer } = this.program;
    this.term(terms.domain, (domain) => {
      const source = writer.toLocal(domain);
      this.isCollection(source);
      const bound = new Map(this.env);
      const holds = (key: Local, value: Local): Local => {
        if (terms.key?.kind === "var") {
          this.env.set(terms.key.value, key);
        }
        if (terms.value.kind === "var") {
          this.env.set(terms.value.value, value);
        }
        return this.exists((succeed) =>
          this.closure(terms.body, succeed, true),
        );
      };
      const then = (): void => {
        restore(this.env, bound);
        next();
      };
      if (observer?.trace) {
        observeEvery(this, { observer, expr }, { source, holds }, then);
      } else {
        this.noneFails(source, holds);
        then();
      }
    });
  }

  private noneFails(
    source: Local,
    holds: (key: Local, value: Local) => Local,
  ): void {
    const { writer } = this;
    const failed = this.exists((fail) =>
      writer.scan(source, (key, value) => {
        const held = holds(key, value);
        writer.emit({ kind: "IsUndefinedStmt", source: held });
        fail();
      }),
    );
    writer.emit({ kind: "IsUndefinedStmt", source: failed });
  }

  /** Undefined unless the value can be gone through. */
  private isCollection(source: Local): void {
    const { writer } = this;
    const flag = writer.local();
    writer.emit({ kind: "ResetLocalStmt", target: flag });
    for (const kind of ["IsArrayStmt", "IsObjectStmt", "IsSetStmt"] as const) {
      writer.attempt(() => {
        writer.emit({ kind, source: localOperand(source) });
        writer.emit({
          kind: "AssignVarStmt",
          source: { kind: "bool", value: true },
          target: flag,
        });
      });
    }
    writer.emit({ kind: "IsDefinedStmt", source: flag });
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

  isHidden(node: RuleTree): boolean {
    return isOverridden(this.overrides, node.path);
  }
}

/** Forgets what was bound since `bound` was copied. */
export function restore(
  env: Map<string, Local>,
  bound: ReadonlyMap<string, Local>,
): void {
  env.clear();
  for (const [name, local] of bound) {
    env.set(name, local);
  }
}
