import type { Term } from "./ast.ts";

const ranks = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  templatestring: 4,
  var: 5,
  ref: 6,
  array: 7,
  object: 8,
  set: 9,
  arraycomprehension: 10,
  objectcomprehension: 11,
  setcomprehension: 12,
  call: 13,
} as const;

/** OPA's order of terms; 0 for equal ones. */
export function compareTerms(a: Term, b: Term): number {
  if (a.kind !== b.kind) {
    return ranks[a.kind] - ranks[b.kind];
  }
  switch (a.kind) {
    case "null":
      return 0;
    case "boolean":
      return Number(a.value) - Number((b as typeof a).value);
    case "number":
      return compareNumbers(a.value, (b as typeof a).value);
    case "string":
    case "var":
      return compareText(a.value, (b as typeof a).value);
    case "ref":
    case "array":
      return compareLists(a.value, (b as typeof a).value);
    case "set":
      return compareLists(sortTerms(a.value), sortTerms((b as typeof a).value));
    case "object":
      return compareObjects(a, b as typeof a);
    case "call":
      return compareLists(
        [a.operator, ...a.operands],
        [(b as typeof a).operator, ...(b as typeof a).operands],
      );
    default:
      return compareText(shape(a), shape(b));
  }
}

/** A text that is the same for equal terms. */
function shape(term: Term): string {
  return JSON.stringify(term, (name, value) =>
    name === "location" ? undefined : value,
  );
}

/** By code points, which is the order of the UTF-8 bytes. */
function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) {
    at += 1;
  }
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}

function compareNumbers(a: string, b: string): number {
  const integers = /^-?[0-9]+$/;
  if (integers.test(a) && integers.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  return Number(a) - Number(b);
}

function compareLists(a: readonly Term[], b: readonly Term[]): number {
  for (const [index, item] of a.entries()) {
    const other = b[index];
    const order = other ? compareTerms(item, other) : 1;
    if (order !== 0) {
      return order;
    }
  }
  return a.length - b.length;
}

type ObjectTerm = Extract<Term, { kind: "object" }>;

function compareObjects(a: ObjectTerm, b: ObjectTerm): number {
  const [left, right] = [sortEntries(a.value), sortEntries(b.value)];
  return (
    compareLists(
      left.map(([key]) => key),
      right.map(([key]) => key),
    ) ||
    compareLists(
      left.map(([, value]) => value),
      right.map(([, value]) => value),
    )
  );
}

/** The terms of a set as written, each once. */
export function distinctTerms(terms: readonly Term[]): readonly Term[] {
  const order = [...terms.keys()].sort(
    (a, b) => compareTerms(terms[a] as Term, terms[b] as Term) || a - b,
  );
  const repeated = new Set(
    order.filter((at, index) => {
      const before = terms[order[index - 1] ?? -1];
      return before && compareTerms(before, terms[at] as Term) === 0;
    }),
  );
  return terms.filter((_, index) => !repeated.has(index));
}

/** The terms of a set in order, each once. */
export function sortTerms(terms: readonly Term[]): Term[] {
  const sorted = terms.toSorted(compareTerms);
  return sorted.filter((term, index) => {
    const before = sorted[index - 1];
    return !before || compareTerms(before, term) !== 0;
  });
}

/** The entries of an object by key. */
export function sortEntries(
  entries: readonly (readonly [Term, Term])[],
): (readonly [Term, Term])[] {
  return entries.toSorted(([a], [b]) => compareTerms(a, b));
}

/**
 * An object as OPA keeps and evaluates it: its entries in the order of their
 * keys, and of those with one key the last value.
 */
export function inKeyOrder(term: ObjectTerm): ObjectTerm {
  if (isAscending(term.value)) {
    return term;
  }
  const value: (readonly [Term, Term])[] = [];
  for (const entry of sortEntries(term.value)) {
    const [key] = value.at(-1) ?? [];
    if (key && compareTerms(key, entry[0]) === 0) {
      value[value.length - 1] = [key, entry[1]];
    } else {
      value.push(entry);
    }
  }
  return { ...term, value };
}

/** The same of an object; another term as it is. */
export function withKeyOrder(term: Term): Term {
  return term.kind === "object" ? inKeyOrder(term) : term;
}

function isAscending(entries: ObjectTerm["value"]): boolean {
  return entries.every(([key], at) => {
    const [next] = entries[at + 1] ?? [];
    return next === undefined || compareTerms(key, next) < 0;
  });
}
