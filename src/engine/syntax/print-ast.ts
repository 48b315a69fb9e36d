import type { Module } from "./ast.ts";

/** Parsed modules as indented JSON; places are row and column alone. */
export function printAst(modules: readonly Module[]): string {
  const json = JSON.stringify(
    modules,
    (name, value) =>
      name === "location" && value ? { row: value.row, col: value.col } : value,
    1,
  );
  return `${json}\n`;
}
