/** A value known when the policy is compiled. Ours: OPA's plan builds it by statements. */
export type Constant =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** A number by its text. */
  | { readonly kind: "number"; readonly value: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly value: readonly Constant[] }
  /** Sorted and unique. */
  | { readonly kind: "set"; readonly value: readonly Constant[] }
  /** Sorted by its keys, which are strings and unique. */
  | {
      readonly kind: "object";
      readonly value: readonly (readonly [string, Constant])[];
    };

const rank = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
} as const;

/** Rego's order of values; numbers must be integers. */
export function compareConstants(a: Constant, b: Constant): number {
  if (a.kind !== b.kind) {
    return rank[a.kind] - rank[b.kind];
  }
  switch (a.kind) {
    case "null":
      return 0;
    case "boolean":
      return Number(a.value) - Number((b as typeof a).value);
    case "number": {
      const difference = BigInt(a.value) - BigInt((b as typeof a).value);
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    }
    case "string":
      return compareStrings(a.value, (b as typeof a).value);
    case "array":
    case "set":
      return compareLists(a.value, (b as typeof a).value);
    case "object":
      return compareLists(pairs(a.value), pairs((b as typeof a).value));
  }
}

/** By code points, which is the order of the UTF-8 bytes. */
export function compareStrings(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) {
      return codePointRank(left) - codePointRank(right);
    }
  }
  return a.length - b.length;
}

/** Orders code units as their code points: surrogates come after all others. */
function codePointRank(unit: number): number {
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  return isSurrogate ? unit + 0x10000 : unit;
}

function compareLists(a: readonly Constant[], b: readonly Constant[]): number {
  for (const [index, item] of a.entries()) {
    const other = b[index];
    const order = other === undefined ? 1 : compareConstants(item, other);
    if (order !== 0) {
      return order;
    }
  }
  return a.length - b.length;
}

function pairs(entries: readonly (readonly [string, Constant])[]): Constant[] {
  return [
    ...entries.map(([key]): Constant => ({ kind: "string", value: key })),
    ...entries.map(([, value]) => value),
  ];
}
