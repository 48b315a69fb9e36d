import type { Random } from "../../support/random.ts";

/** What a generated expression may name. */
export type Scope = {
  readonly random: Random;
  /** Rules without arguments of the same package, usable in terms. */
  readonly rules: string[];
  /** Those of them that have members of any name. */
  readonly collections: string[];
  readonly functions: GeneratedFunction[];
  /** Variables bound so far in the body. */
  readonly variables: readonly string[];
  /** Names every variable of one module apart. */
  readonly names: { next: number };
  readonly grammar: Grammar;
};

/** Expressions and the variables that they bind. */
export type GeneratedBody = {
  readonly text: string;
  readonly variables: readonly string[];
};

/** What terms hold of bodies: comprehensions have both. */
type Grammar = {
  body(scope: Scope, size: number, separator: string): GeneratedBody;
  /** An expression that binds nothing and may fail. */
  test(scope: Scope): string;
};

/** A function that later rules may call or replace by `with`. */
type GeneratedFunction = {
  readonly name: string;
  readonly arity: number;
};

/** A variable name that the module has not used. */
export function fresh({ names }: Scope): string {
  names.next += 1;
  return `v${names.next}`;
}

/** The scope with more variables bound. */
export function binding(scope: Scope, variables: readonly string[]): Scope {
  return { ...scope, variables: [...scope.variables, ...variables] };
}
