import {
  type Constant,
  compareConstants,
  compareStrings,
} from "../ir/constant.ts";
import type { Rule, Term } from "../syntax/ast.ts";

/** The value of a rule where it is known, as text that is equal for equal values. */
export function constantValue({ head: { value } }: Rule): string | undefined {
  const constant = value
    ? toConstant(value)
    : ({ kind: "boolean", value: true } as const);
  return constant && JSON.stringify(constant);
}

/** The value of a term that holds neither variables nor calls, else undefined. */
export function toConstant(term: Term): Constant | undefined {
  switch (term.kind) {
    case "null":
      return { kind: "null" };
    case "boolean":
    case "number":
    case "string":
      return { kind: term.kind, value: term.value } as Constant;
    case "array": {
      const items = all(term.value);
      return items && { kind: "array", value: items };
    }
    case "set":
      return toSet(term.value);
    case "object":
      return toObject(term.value);
    default:
      return undefined;
  }
}

function all(terms: readonly Term[]): Constant[] | undefined {
  const values: Constant[] = [];
  for (const term of terms) {
    const value = toConstant(term);
    if (!value) {
      return undefined;
    }
    values.push(value);
  }
  return values;
}

/** Sets are compared here, so that their numbers must be integers as written. */
function toSet(terms: readonly Term[]): Constant | undefined {
  const items = all(terms);
  if (!items?.every(isComparable)) {
    return undefined;
  }
  items.sort(compareConstants);
  const unique = items.filter((item, index) => {
    const before = items[index - 1];
    return !before || compareConstants(before, item) !== 0;
  });
  return { kind: "set", value: unique };
}

/** True when `compareConstants` knows the value's order: no number but integers. */
export function isComparable(value: Constant): boolean {
  switch (value.kind) {
    case "number":
      return /^(?:0|-?[1-9][0-9]*)$/.test(value.value);
    case "array":
    case "set":
      return value.value.every(isComparable);
    case "object":
      return value.value.every(([, item]) => isComparable(item));
    default:
      return true;
  }
}

function toObject(
  entries: readonly (readonly [Term, Term])[],
): Constant | undefined {
  const found = new Map<string, Constant>();
  for (const [key, term] of entries) {
    const value = toConstant(term);
    if (key.kind !== "string" || !value || found.has(key.value)) {
      return undefined;
    }
    found.set(key.value, value);
  }
  const sorted = [...found].sort(([a], [b]) => compareStrings(a, b));
  return { kind: "object", value: sorted };
}
