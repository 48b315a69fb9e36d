import type { RefTerm } from "../syntax/ast.ts";

/** A call's name as written: `count`, `array.concat`. */
export function operatorName({ value }: RefTerm): string {
  let name = "";
  for (let index = 0; index < value.length; index += 1) {
    const term = value[index];
    const part =
      term?.kind === "var" || term?.kind === "string" ? term.value : "";
    name = index === 0 ? part : `${name}.${part}`;
  }
  return name;
}
