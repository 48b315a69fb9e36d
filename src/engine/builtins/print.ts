import type { Location } from "../source.ts";
import { isArray, RegoSet, type Value } from "../value.ts";
import { toRego } from "../value-json.ts";
import type { HostBuiltin } from "./host-builtin.ts";

/** Hears what a policy prints, and where. */
export type PrintHook = (line: string, place: Location | undefined) => void;

/**
 * `print`: one line for each combination of its operands' values, as OPA has
 * it. An operand comes as the set of its values; undefined is the empty set.
 */
export function createPrint(hook: PrintHook): HostBuiltin {
  return {
    name: "internal.print",
    run: ([operands = []], { place }) => {
      for (const line of lines(isArray(operands) ? operands : [])) {
        hook(line.join(" "), place());
      }
      return true;
    },
  };
}

function lines(operands: readonly Value[]): string[][] {
  return operands.reduce<string[][]>(
    (done, operand) =>
      done.flatMap((line) => texts(operand).map((text) => [...line, text])),
    [[]],
  );
}

function texts(operand: Value): string[] {
  const values = operand instanceof RegoSet ? operand.items : [operand];
  return values.length === 0
    ? ["<undefined>"]
    : values.map((value) =>
        typeof value === "string" ? value : toRego(value),
      );
}
