/**
 * What a key of one of our YAML files may hold. The same table checks a file,
 * fills in its defaults and becomes its JSON Schema.
 */
export type Setting<T = unknown> = {
  readonly kind: "text" | "whole" | "flag" | "choice" | "list" | "table";
  readonly description: string;
  /** The value of an absent key; without one the key is required. */
  readonly fallback?: T;
  /** An absent key stays undefined. */
  readonly optional?: boolean;
  /** Of `whole`: the least and the greatest number allowed. */
  readonly least?: number;
  readonly greatest?: number;
  /** Of `choice`: the words allowed. `off` and `on` are words here, not booleans. */
  readonly words?: readonly string[];
  /** Of `text`: what the whole text must match, and how to say so. */
  readonly pattern?: RegExp;
  readonly expected?: string;
  /** Of `list`: its elements; of `table`: the value of each key. */
  readonly each?: Setting | Group;
};

/** A mapping with known keys. */
export type Group<T = unknown> = {
  readonly kind: "group";
  readonly description: string;
  readonly members: { readonly [K in keyof T]: Setting<T[K]> | Group<T[K]> };
  /** An absent group stays undefined. */
  readonly optional?: boolean;
};

type Options<T> = Omit<Setting<T>, "kind" | "description">;

/** A piece of text. */
export function text(
  description: string,
  options: Options<string> = {},
): Setting<string> {
  return { kind: "text", description, ...options };
}

/** A whole number; `5_000_000` may be written with underscores. */
export function whole(
  description: string,
  options: Options<number> = {},
): Setting<number> {
  return { kind: "whole", description, least: 0, ...options };
}

/** `true` or `false`. */
export function flag(
  description: string,
  fallback?: boolean,
): Setting<boolean> {
  return {
    kind: "flag",
    description,
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** One of a few words. */
export function choice<W extends string>(
  description: string,
  words: readonly W[],
  fallback?: W,
): Setting<W> {
  return {
    kind: "choice",
    description,
    words,
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** A sequence. */
export function list<T>(
  description: string,
  each: Setting<T> | Group<T>,
  fallback?: readonly T[],
): Setting<readonly T[]> {
  return {
    kind: "list",
    description,
    each: each as Setting | Group,
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** A mapping with keys of the user's own. */
export function table<T>(
  description: string,
  each: Setting<T> | Group<T>,
): Setting<Readonly<Record<string, T>>> {
  return {
    kind: "table",
    description,
    each: each as Setting | Group,
    fallback: {},
  };
}

/** A mapping with known keys; an absent one has every key's default. */
export function group<T>(
  description: string,
  members: Group<T>["members"],
): Group<T> {
  return { kind: "group", description, members };
}

/** The same, but an absent key stays undefined. */
export function optional<T>(setting: Setting<T>): Setting<T | undefined>;
export function optional<T>(shape: Group<T>): Group<T | undefined>;
export function optional(shape: Setting | Group): Setting | Group {
  return { ...shape, optional: true };
}
