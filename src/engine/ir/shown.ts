import type { Location } from "../source.ts";

/** A term as far as its value can be told from what variables hold. */
export type ShownValue =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number" | "string" | "var"; readonly value: string }
  | { readonly kind: "array" | "set"; readonly value: readonly ShownValue[] }
  | {
      readonly kind: "object";
      readonly value: readonly (readonly [ShownValue, ShownValue])[];
    };

/** A variable, or what keys select in one, where it stands. */
export type ShownTerm = {
  readonly name: string;
  readonly keys: readonly ShownValue[];
  readonly location: Location;
  /** Without a value it is undefined; else it may not have got one yet. */
  readonly undefinedIfUnknown: boolean;
};

/** The document of a rule in an expression: its path as text. */
export type ShownDocument = {
  readonly text: string;
  readonly location: Location;
};

/** What an expression shows of the values in it when it fails. */
export type ShownExpression = {
  /** The expression as its author wrote it. */
  readonly location: Location;
  /** The variables in it, by the compiler's names. */
  readonly names: readonly string[];
  /** Those of the other parts of what was written. */
  readonly otherNames: readonly string[];
  readonly terms: readonly ShownTerm[];
  readonly documents: readonly ShownDocument[];
  /** The sides of an equation that binds nothing. */
  readonly sides: readonly [ShownValue, ShownValue] | undefined;
  /** What failed is an expression inside it. */
  readonly isEvery: boolean;
};
