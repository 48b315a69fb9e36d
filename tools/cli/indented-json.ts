import { Members, type Shown } from "../../src/bundle/index.ts";
import {
  jsonMembers,
  RegoObject,
  RegoSet,
  toGoJson,
  type Value,
} from "../../src/engine/index.ts";

export { Members, type Shown };

/** JSON as JavaScript has it; members that are undefined are left out. */
export type PlainJson =
  | null
  | boolean
  | number
  | string
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson | undefined };

/** What prints plain JSON, its members in their order. */
export function shownPlain(value: PlainJson): Shown {
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (Array.isArray(value)) {
    return (value as readonly PlainJson[]).map(shownPlain);
  }
  return new Members(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[name, shownPlain(member)] as const],
    ),
  );
}

/** JSON as Go prints it with two blanks of indentation, and a line's end. */
export function indentedJson(value: Shown): string {
  return `${indented(value, "")}\n`;
}

function indented(value: Shown, margin: string): string {
  const inner = `${margin}  `;
  if (value instanceof Members || value instanceof RegoObject) {
    const entries =
      value instanceof Members ? value.entries : jsonMembers(value);
    const lines = entries.map(
      ([key, member]) => `${inner}${toGoJson(key)}: ${indented(member, inner)}`,
    );
    return enclosed("{", lines, `${margin}}`);
  }
  const items: readonly Shown[] | undefined =
    value instanceof RegoSet
      ? value.items
      : Array.isArray(value)
        ? (value as readonly Shown[])
        : undefined;
  return items === undefined
    ? toGoJson(value as Value)
    : enclosed(
        "[",
        items.map((item) => inner + indented(item, inner)),
        `${margin}]`,
      );
}

function enclosed(
  open: string,
  lines: readonly string[],
  close: string,
): string {
  return lines.length === 0
    ? `${open}${close.trimStart()}`
    : `${open}\n${lines.join(",\n")}\n${close}`;
}
