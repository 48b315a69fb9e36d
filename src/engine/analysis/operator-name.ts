import type { RefTerm } from "../syntax/ast.ts";

/** A call's name as written: `count`, `array.concat`. */
export function operatorName({ value }: RefTerm): string {
  return value
    .map((term) =>
      term.kind === "var" || term.kind === "string" ? term.value : "",
    )
    .join(".");
}
