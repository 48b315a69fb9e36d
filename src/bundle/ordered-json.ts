import { toGoJson, type Value } from "../engine/index.ts";

/** An object whose members are printed in this order, as Go prints a structure. */
export class Members {
  readonly entries: readonly (readonly [string, Shown])[];

  constructor(entries: readonly (readonly [string, Shown])[]) {
    this.entries = entries;
  }
}

/** What can be printed: Rego's values, numbers as they are, and structures. */
export type Shown = Value | readonly Shown[] | Members;

/** JSON as Go writes it, on one line. */
export function compactJson(value: Shown): string {
  if (value instanceof Members) {
    const members = value.entries.map(
      ([name, member]) => `${toGoJson(name)}:${compactJson(member)}`,
    );
    return `{${members.join(",")}}`;
  }
  return Array.isArray(value)
    ? `[${(value as readonly Shown[]).map(compactJson).join(",")}]`
    : toGoJson(value as Value);
}
