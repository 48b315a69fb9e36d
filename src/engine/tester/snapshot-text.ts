import { isArray, RegoObject, RegoSet, type Value } from "../value.ts";
import { toJson } from "../value-json.ts";

/** A value as Rego writes it, a member a line, so that two can be compared line by line. */
export function snapshotText(value: Value | undefined, depth = 0): string {
  if (value === undefined) {
    return "undefined";
  }
  if (isArray(value)) {
    return enclosed(
      "[]",
      value.map((item) => snapshotText(item, depth + 1)),
      depth,
    );
  }
  if (value instanceof RegoSet) {
    const items = value.items.map((item) => snapshotText(item, depth + 1));
    return items.length === 0 ? "set()" : enclosed("{}", items, depth);
  }
  if (value instanceof RegoObject) {
    const members = value.entries.map(
      ([key, member]) =>
        `${snapshotText(key, depth + 1)}: ${snapshotText(member, depth + 1)}`,
    );
    return enclosed("{}", members, depth);
  }
  return toJson(value);
}

function enclosed(
  brackets: "[]" | "{}",
  parts: readonly string[],
  depth: number,
): string {
  const [open = "", close = ""] = brackets;
  const indent = "\t".repeat(depth + 1);
  const lines = parts.map((part) => `${indent}${part},\n`);
  return lines.length === 0
    ? brackets
    : `${open}\n${lines.join("")}${"\t".repeat(depth)}${close}`;
}
