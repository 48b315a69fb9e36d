import { PolicyError } from "../error.ts";
import type { Body, Expr, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { RefChecker, refsOf } from "./check-ref.ts";
import {
  anyType,
  createObject,
  createSet,
  type FunctionType,
  isUnknown,
  type MaybeType,
  type Type,
  unite,
} from "./type.ts";
import { TypeEnv } from "./type-env.ts";
import { argumentFault, matchFault, type TypeFault } from "./type-fault.ts";
import {
  createTypeTree,
  insertType,
  putType,
  type TypeTree,
} from "./type-tree.ts";
import { unifies } from "./unifies.ts";
import { unifyTerm, unifyTyped } from "./unify-term.ts";
import { walkClosures } from "./walk-closures.ts";

/** What the checker must know of the policy around it. */
export type TypeContext = {
  /** Builtins by name. */
  readonly functions: ReadonlyMap<string, FunctionType>;
  /** The refs of the rules that depend on a document. */
  readonly dependents: (ref: RefTerm) => readonly RefTerm[];
  /** A ref with the author's names, for errors. */
  readonly written: (ref: RefTerm) => RefTerm;
  /** Calls of functions that nobody has are no fault. */
  readonly allowUndefinedCalls: boolean;
};

/** A rule to be checked, with its whole path. */
export type TypedRule = { readonly rule: Rule; readonly path: RefTerm };

/** Infers the types of rules and variables, and reports what cannot fit. */
export class TypeChecker {
  readonly errors: PolicyError[] = [];
  private readonly context: TypeContext;
  private readonly isInner: boolean;
  private readonly replaced = new Map<string, TypeTree | undefined>();

  /** An inner checker is for the body of a comprehension. */
  constructor(context: TypeContext, isInner = false) {
    this.context = context;
    this.isInner = isInner;
  }

  /** The environment of a policy: its builtins, and the input's type if known. */
  globalEnv(input?: Type): TypeEnv {
    const env = new TypeEnv((outer, body) => this.quietly(outer, body));
    for (const [name, type] of this.context.functions) {
      putType(env.tree, builtinPath(name), type);
    }
    if (input) {
      putType(env.tree, [variable("input")], input);
    }
    // Rules have a scope of their own: what they do not have may be data.
    return env.wrap();
  }

  /** Checks a body for its type alone; undefined when it has faults. */
  private quietly(env: TypeEnv, body: Body): TypeEnv | undefined {
    const checker = new TypeChecker(this.context, true);
    const inside = checker.checkBody(env, body);
    return checker.errors.length === 0 ? inside : undefined;
  }

  /** Checks the expressions of a body; returns the scope with its variables. */
  checkBody(outer: TypeEnv, body: Body): TypeEnv {
    const env = outer.wrap();
    for (const expr of body) {
      this.checkWithClosures(env, expr);
    }
    return env;
  }

  private checkWithClosures(outer: TypeEnv, expr: Expr): void {
    const env = expr.with.length > 0 ? this.withEnv(outer, expr) : outer;
    const before = this.errors.length;
    this.errors.push(...this.checkClosures(env, expr));
    const refs = new RefChecker(env, this.context.written);
    for (const ref of exprRefs(expr)) {
      const fault = refs.check(ref);
      if (fault) {
        this.errors.push(fault);
      }
    }
    const fault = this.checkExpr(env, expr);
    // What is not known because of a fault above is no fault of its own.
    if (fault && !(this.errors.length > before && fault.fromUnknown)) {
      this.errors.push(fault.error);
    }
  }

  /**
   * The faults of comprehensions. As in OPA one within another is checked once
   * more in the scope of the whole, and only the last faulty one is reported.
   */
  private checkClosures(env: TypeEnv, expr: Expr): readonly PolicyError[] {
    let found: readonly PolicyError[] = [];
    walkClosures(expr, (body) => {
      const checker = new TypeChecker(this.context, true);
      const inside = checker.checkBody(env, body);
      if (checker.errors.length === 0) {
        env.remember(body, inside);
      } else {
        found = checker.errors;
      }
      // Once from the outside is enough: more would double with each level.
      return checker.errors.length === 0 && !this.isInner;
    });
    return found;
  }

  private checkExpr(env: TypeEnv, expr: Expr): TypeFault | undefined {
    const replaced = this.checkModifiers(env, expr);
    if (replaced || expr.terms.kind !== "call") {
      return replaced;
    }
    const { operands, operator } = expr.terms;
    if (isEquality(operator)) {
      const [left, right] = operands as [Term, Term];
      const [a, b] = [env.typeOf(left), env.typeOf(right)];
      return unifyTyped(env, [left, a], [right, b])
        ? undefined
        : matchFault(expr.location, a, b);
    }
    const type = env.typeOfRef(operator.value);
    if (type?.kind === "any" && type.of.length === 0) {
      return undefined;
    }
    if (type?.kind !== "function") {
      if (this.context.allowUndefinedCalls) {
        return undefined;
      }
      const { location } = expr;
      const message = `undefined function ${printRef(this.context.written(operator))}`;
      return {
        error: new PolicyError("rego_type_error", message, { location }),
        fromUnknown: false,
      };
    }
    return checkOperands(env, expr, { operator, operands, type });
  }

  /** A function replaced by another must take as many operands. */
  private checkModifiers(env: TypeEnv, expr: Expr): TypeFault | undefined {
    for (const { location, target, value } of expr.with) {
      const [want, have] = [env.typeOf(target), env.typeOf(value)];
      if (
        want?.kind === "function" &&
        have?.kind === "function" &&
        !unifies(want, have)
      ) {
        const name = target.kind === "ref" ? printRef(target) : "";
        return argumentFault(name, "arity mismatch", location, {
          have: have.args.map(({ type }) => type),
          want,
        });
      }
    }
    return undefined;
  }

  /** Under `with`, what depends on a replaced document may be anything. */
  private withEnv(env: TypeEnv, expr: Expr): TypeEnv {
    let current = env;
    const replacements = createTypeTree();
    let replaces = false;
    for (const { target, value } of expr.with) {
      if (target.kind !== "ref") {
        continue;
      }
      const type = env.typeOfRef(target.value);
      const isFunction = type?.kind === "function";
      const tree = this.relaxed(target, isFunction);
      if (tree) {
        current = current.wrapWith(tree);
      }
      if (!isFunction) {
        const { ground, isWhole } = groundPart(target.value);
        const replacement = isWhole && type ? env.typeOf(value) : undefined;
        const united = replacement && unite(type, replacement);
        putType(replacements, ground, united ?? anyType);
        replaces = true;
      }
    }
    return replaces ? current.wrapWith(replacements) : current;
  }

  private relaxed(target: RefTerm, isFunction: boolean): TypeTree | undefined {
    const key = `${isFunction ? "f:" : ""}${printRef(target)}`;
    if (this.replaced.has(key)) {
      return this.replaced.get(key);
    }
    let tree: TypeTree | undefined;
    for (const ref of this.context.dependents(target)) {
      if (!isFunction || printRef(ref) !== printRef(target)) {
        tree ??= createTypeTree();
        putType(tree, ref.value, anyType);
      }
    }
    this.replaced.set(key, tree);
    return tree;
  }

  /** Checks a rule and adds its type to the environment. */
  checkRule(global: TypeEnv, { path, rule }: TypedRule, scope: TypeEnv): void {
    const before = this.errors.length;
    const env = this.checkBody(scope, rule.body);
    if (this.errors.length > before) {
      // What refers to a faulty rule is not faulty for that.
      putType(global.tree, path.value, anyType);
      return;
    }
    const { head } = rule;
    if (head.args.length > 0) {
      const type = functionOf(env, rule);
      insertType(global.tree, path.value, type, (key) => global.typeOf(key));
      return;
    }
    const value = head.value
      ? env.typeOf(head.value)
      : setOf(head.key && env.typeOf(head.key));
    const { ground } = groundPart(path.value);
    const type = nestedObject(env, path.value.slice(ground.length), value);
    if (type) {
      insertType(global.tree, ground, type, (key) => global.typeOf(key));
    }
  }
}

function setOf(of: MaybeType): MaybeType {
  return of && createSet(of);
}

function functionOf(env: TypeEnv, { head }: Rule): Type {
  for (const arg of head.args) {
    typeUnused(env, arg);
  }
  return {
    kind: "function",
    args: head.args.map((arg) => ({ name: undefined, type: env.typeOf(arg) })),
    result: head.value && { name: undefined, type: env.typeOf(head.value) },
    variadic: undefined,
  };
}

/** An argument that the body does not use may be anything. */
function typeUnused(env: TypeEnv, arg: Term): void {
  switch (arg.kind) {
    case "var":
      if (!env.typeOf(arg)) {
        env.putVar(arg, anyType);
      }
      return;
    case "array":
    case "set":
      for (const item of arg.value) {
        typeUnused(env, item);
      }
      return;
    case "object":
      for (const [, value] of arg.value) {
        typeUnused(env, value);
      }
      return;
    default:
      return;
  }
}

/** Objects within objects, one for each variable part of a rule's path. */
function nestedObject(
  env: TypeEnv,
  [key, ...rest]: readonly Term[],
  value: MaybeType,
): MaybeType {
  if (!key) {
    return value;
  }
  const inner = nestedObject(env, rest, value);
  const keyType = env.typeOf(key);
  return inner && keyType
    ? createObject([], { key: keyType, value: inner })
    : undefined;
}

function isEquality({ value: [head, ...rest] }: RefTerm): boolean {
  return head?.kind === "var" && head.value === "eq" && rest.length === 0;
}

type Call = {
  readonly operator: RefTerm;
  readonly operands: readonly Term[];
  readonly type: FunctionType;
};

function checkOperands(
  env: TypeEnv,
  { location }: Expr,
  { operator, operands, type }: Call,
): TypeFault | undefined {
  const wanted = type.result ? [...type.args, type.result] : type.args;
  const types = operands.map((operand) => env.typeOf(operand));
  const fail = (message: string, have: readonly MaybeType[]): TypeFault =>
    argumentFault(printRef(operator), message, location, { have, want: type });
  if (operands.length > wanted.length && !type.variadic) {
    return fail("too many arguments", types);
  }
  if (operands.length < type.args.length) {
    return fail("too few arguments", types);
  }
  for (const [index, operand] of operands.entries()) {
    const want = wanted[index]?.type ?? type.variadic?.type;
    const have = types[index];
    if (have && !isUnknown(have) && !unifies(have, want)) {
      return fail("invalid argument(s)", types);
    }
    if (!unifyTerm(env, operand, want)) {
      const after = operands.map((one) => env.typeOf(one));
      return fail("invalid argument(s)", after);
    }
  }
  return undefined;
}

/** The refs that an expression evaluates, those of inner bodies included. */
function exprRefs(expr: Expr): RefTerm[] {
  const { terms } = expr;
  switch (terms.kind) {
    case "term":
      return refsOf(terms.term);
    case "call":
      return terms.operands.flatMap(refsOf);
    case "every":
      return [...refsOf(terms.domain), ...terms.body.flatMap(exprRefs)];
    case "not":
      return terms.body.flatMap(exprRefs);
    case "and":
    case "or":
      return [...terms.left, ...terms.right].flatMap(exprRefs);
    case "some":
      return [];
  }
}

/** A path up to its first variable part, and whether that is all of it. */
function groundPart(path: readonly Term[]): {
  readonly ground: readonly Term[];
  readonly isWhole: boolean;
} {
  const end = path.findIndex(
    (term, index) => index > 0 && !isConstantTerm(term),
  );
  return end < 0
    ? { ground: path, isWhole: true }
    : { ground: path.slice(0, end), isWhole: false };
}

function isConstantTerm({ kind }: Term): boolean {
  return (
    kind === "string" ||
    kind === "number" ||
    kind === "boolean" ||
    kind === "null"
  );
}

function variable(value: string): Term {
  return { kind: "var", value, location: { file: "", row: 0, col: 0 } };
}

function builtinPath(name: string): Term[] {
  const [head = "", ...rest] = name.split(".");
  const first = variable(head);
  const { location } = first;
  return [
    first,
    ...rest.map((value): Term => ({ kind: "string", value, location })),
  ];
}
