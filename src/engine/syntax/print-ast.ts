import type { Module } from "./ast.ts";

/** Parsed modules as indented JSON; places are row and column alone, and what only tells of the text is left out. */
export function printAst(modules: readonly Module[]): string {
  return `${JSON.stringify(modules, shown, 1)}\n`;
}

function shown(name: string, value: unknown): unknown {
  if (value instanceof Set) {
    return undefined;
  }
  const { row, col } = (value ?? {}) as { row?: number; col?: number };
  return name === "location" && value ? { row, col } : value;
}
