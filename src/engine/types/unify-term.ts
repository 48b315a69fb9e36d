import type { Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import { constantKey } from "./constant-key.ts";
import {
  anyType,
  isUnknown,
  itemAt,
  type MaybeType,
  select,
  type Type,
  unite,
  unwrap,
  valuesOf,
} from "./type.ts";
import type { TypeEnv } from "./type-env.ts";
import { unifies } from "./unifies.ts";

/** A term with its type. */
type Typed = readonly [term: Term, type: MaybeType];

function unifyTerms(env: TypeEnv, left: Term, right: Term): boolean {
  return unifyTyped(env, [left, env.typeOf(left)], [right, env.typeOf(right)]);
}

/** Whether two terms may be equal; variables without a type get one. */
export function unifyTyped(
  env: TypeEnv,
  [left, a]: Typed,
  [right, b]: Typed,
): boolean {
  const [unknownA, unknownB] = [isUnknown(a), isUnknown(b)];
  if (unknownA && !unknownB) {
    return unifyTerm(env, left, b);
  }
  if (unknownB && !unknownA) {
    return unifyTerm(env, right, a);
  }
  if (!unknownA && !unknownB) {
    return unifies(a, b);
  }
  const parts = unifyUnknown(env, left, right);
  if (parts !== undefined) {
    return parts;
  }
  if (left.kind === "var" && !a && b) {
    return unifyTerm(env, left, b);
  }
  if (right.kind === "var" && !b && a) {
    return unifyTerm(env, right, a);
  }
  return false;
}

function unifyUnknown(
  env: TypeEnv,
  left: Term,
  right: Term,
): boolean | undefined {
  if (left.kind === "array" || left.kind === "object") {
    return unifyComposite(env, left, right);
  }
  if (left.kind !== "var") {
    return undefined;
  }
  if (right.kind === "var") {
    return (
      unifyTerm(env, left, anyType) && unifyTerm(env, right, env.typeOf(left))
    );
  }
  return right.kind === "array" || right.kind === "object"
    ? unifyComposite(env, right, left)
    : undefined;
}

function unifyComposite(env: TypeEnv, left: Term, right: Term): boolean {
  if (right.kind === "var") {
    return (
      unifyTerm(env, left, anyType) && unifyTerm(env, right, env.typeOf(left))
    );
  }
  if (left.kind === "array" && right.kind === "array") {
    return (
      left.value.length === right.value.length &&
      left.value.every((item, index) =>
        unifyTerms(env, item, right.value[index] as Term),
      )
    );
  }
  if (left.kind !== "object" || right.kind !== "object") {
    return false;
  }
  const others = new Map(
    right.value.map(([key, value]) => [printTerm(key), value]),
  );
  return (
    left.value.length === right.value.length &&
    left.value.every(([key, value]) => {
      const other = others.get(printTerm(key));
      return other !== undefined && unifyTerms(env, value, other);
    })
  );
}

/**
 * Whether a term may be of a type; its variables get the types that follow.
 * With `union` a variable may already have other types.
 */
export function unifyTerm(
  env: TypeEnv,
  term: Term,
  type: MaybeType,
  union = false,
): boolean {
  switch (term.kind) {
    case "array":
    case "object":
    case "set":
      return unifyParts(env, term, type, union);
    case "var": {
      const known = env.typeOf(term);
      if (union) {
        env.putVar(term, unite(known, type));
        return true;
      }
      if (known) {
        return unifies(known, type);
      }
      env.putVar(term, type);
      return true;
    }
    default:
      return unifies(env.typeOf(term), type);
  }
}

type Composite = Extract<Term, { kind: "array" | "object" | "set" }>;

function unifyParts(
  env: TypeEnv,
  term: Composite,
  type: MaybeType,
  union: boolean,
): boolean {
  const plain = term.kind === "set" ? type : unwrap(type);
  if (plain?.kind === "any") {
    return unifyAlternatives(env, term, plain.of);
  }
  if (term.kind === "array" && plain?.kind === "array") {
    return (
      (term.value.length === plain.static.length ||
        plain.dynamic !== undefined) &&
      term.value.every((item, index) =>
        unifyTerm(env, item, itemAt(plain, index), union),
      )
    );
  }
  if (term.kind === "set" && plain?.kind === "set") {
    return term.value.every((item) =>
      unifyTerm(env, item, valuesOf(plain), union),
    );
  }
  return term.kind === "object" && plain?.kind === "object"
    ? unifyEntries(env, term, plain, union)
    : false;
}

function unifyAlternatives(
  env: TypeEnv,
  term: Composite,
  types: readonly Type[],
): boolean {
  if (types.length > 0) {
    // Every alternative leaves its types behind.
    return types.map((one) => unifyTerm(env, term, one, true)).includes(true);
  }
  for (const part of term.value.flat() as readonly Term[]) {
    unifyTerm(env, part, anyType, true);
  }
  return true;
}

function unifyEntries(
  env: TypeEnv,
  term: Extract<Term, { kind: "object" }>,
  type: Extract<MaybeType, { kind: "object" }>,
  union: boolean,
): boolean {
  if (
    term.value.length !== type.static.length &&
    type.dynamic?.value === undefined
  ) {
    return false;
  }
  return term.value.every(([key, value]) => {
    const constant = constantKey(key);
    if (!constant) {
      unifyTerm(env, value, anyType, union);
      return true;
    }
    const child = select(type, constant);
    return child !== undefined && unifyTerm(env, value, child, union);
  });
}
