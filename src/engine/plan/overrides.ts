import type { RefTerm } from "../syntax/ast.ts";

/** What stands in for a function or builtin under `with`. */
export type Mock =
  | { readonly kind: "function"; readonly operator: RefTerm }
  /** A value, kept under this key of the data document. */
  | { readonly kind: "value"; readonly key: string };

/**
 * What `with` has replaced at this point of the plan. Functions are planned
 * once for each distinct set of overrides, for they call different rules.
 */
export type Overrides = {
  /** Paths below `data` whose rules are hidden by a given value. */
  readonly paths: readonly (readonly string[])[];
  readonly mocks: ReadonlyMap<string, Mock>;
};

export const noOverrides: Overrides = { paths: [], mocks: new Map() };

/** A key of the data document that no policy can spell. */
export function mockKey(name: string): string {
  return `\u0000mock of ${name}`;
}

/** The overrides with one more path hidden. */
export function withPath(
  overrides: Overrides,
  path: readonly string[],
): Overrides {
  return isOverridden(overrides, path)
    ? overrides
    : { ...overrides, paths: [...overrides.paths, path] };
}

/** The overrides with another mock of the name. */
export function withMock(
  overrides: Overrides,
  name: string,
  mock: Mock,
): Overrides {
  return { ...overrides, mocks: new Map(overrides.mocks).set(name, mock) };
}

/** One text for equal overrides. */
export function overridesKey({ paths, mocks }: Overrides): string {
  const named = [...mocks].map(([name, mock]) =>
    mock.kind === "value"
      ? [name, mock.key]
      : [
          name,
          ...mock.operator.value.map((term) =>
            "value" in term ? term.value : "",
          ),
        ],
  );
  return JSON.stringify([paths, named]);
}

export function isOverridden(
  { paths }: Overrides,
  path: readonly string[],
): boolean {
  return paths.some(
    (one) =>
      one.length === path.length && one.every((name, i) => name === path[i]),
  );
}
