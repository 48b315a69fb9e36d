import { operatorName } from "../analysis/operator-name.ts";
import { orderBody } from "../analysis/order-body.ts";
import type { Arity } from "../analysis/output-vars.ts";
import {
  addExprVars,
  addTermVars,
  bodyVars,
  rootNames,
  termVars,
} from "../analysis/vars.ts";
import type { Body, Expr } from "../syntax/ast.ts";
import { bodiesOf, hasRefKey, termsOf } from "../syntax/expr-parts.ts";
import type { Comprehension } from "./plan-comprehension.ts";
import type { Planner } from "./planner.ts";

/** How a comprehension is evaluated for all values of some variables at once. */
export type ComprehensionIndex = {
  /** Variables of the loops around it whose values tell its collections apart. */
  readonly keys: readonly string[];
  /** The body in an order that binds them. */
  readonly body: Body;
};

/**
 * The index of a comprehension inside a loop, where going through its body
 * once for all rounds finds the same: as in OPA, the loop's variables must get
 * their values in it from equations, not as the keys of a ref.
 */
export function comprehensionIndex(
  planner: Planner,
  term: Comprehension,
  arity: Arity,
): ComprehensionIndex | undefined {
  const { program, writer, env } = planner;
  if (
    !program.optimizations.comprehensionIndex ||
    writer.loops === 0 ||
    writer.replaced > 0 ||
    hasWith(term.body)
  ) {
    return undefined;
  }
  const outer = [...variables(term)].filter((name) => env.has(name));
  const keys = outer.filter(
    (name) => (env.get(name) as number) >= writer.loopStart,
  );
  if (keys.some((name) => isInRef(term.body, name))) {
    return undefined;
  }
  const known = new Set([
    ...rootNames,
    ...outer.filter((name) => !keys.includes(name)),
  ]);
  const { body, unsafe } = orderBody(term.body, arity, known);
  const isBound = unsafe.size === 0 && equationsBind(body, keys);
  // The order of an array's elements is that of the loops in the body.
  const keepsOrder =
    term.kind !== "arraycomprehension" ||
    body.every((expr, index) => expr.index === term.body[index]?.index);
  return isBound && keepsOrder ? { keys: keys.sort(), body } : undefined;
}

/**
 * Whether each key gets its value from an equation of it alone with something
 * that knows it not, before anything else mentions it.
 */
function equationsBind(body: Body, keys: readonly string[]): boolean {
  const open = new Set(keys);
  for (const expr of body) {
    const mentioned = new Set<string>();
    addExprVars(expr, mentioned);
    const wanted = [...open].filter((key) => mentioned.has(key));
    const [name] = wanted;
    if (name === undefined) {
      continue;
    }
    if (wanted.length > 1 || !isEquationOf(expr, name)) {
      return false;
    }
    open.delete(name);
  }
  return open.size === 0;
}

function isEquationOf({ negated, terms }: Expr, name: string): boolean {
  if (
    negated ||
    terms.kind !== "call" ||
    operatorName(terms.operator) !== "eq"
  ) {
    return false;
  }
  const [left, right] = terms.operands;
  return [
    [left, right],
    [right, left],
  ].some(
    ([one, other]) =>
      one?.kind === "var" &&
      one.value === name &&
      other !== undefined &&
      !termVars(other).has(name),
  );
}

function variables(term: Comprehension): ReadonlySet<string> {
  const found = bodyVars(term.body);
  const heads =
    term.kind === "objectcomprehension" ? [term.key, term.value] : [term.term];
  for (const head of heads) {
    addTermVars(head, found);
  }
  return found;
}

function hasWith(body: Body): boolean {
  return body.some(
    (expr) => expr.with.length > 0 || bodiesOf(expr.terms).some(hasWith),
  );
}

/** Whether the variable is a key of a ref, which may be looked up faster than gone through. */
function isInRef(body: Body, name: string): boolean {
  return body.some(({ terms }) =>
    termsOf(terms).some((term) => hasRefKey(term, (key) => key === name)),
  );
}
