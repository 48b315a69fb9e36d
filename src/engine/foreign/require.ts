import { PolicyError } from "../error.ts";
import {
  type ForeignModule,
  type FunctionType,
  valueType,
} from "../wasm/foreign-module.ts";

const { i32, i64, f32, f64 } = valueType;
const letters: Readonly<Record<string, number>> = { i: i32, I: i64 };
const typeNames: ReadonlyMap<number, string> = new Map([
  [i32, "i32"],
  [i64, "i64"],
  [f32, "f32"],
  [f64, "f64"],
]);

/** A function's type as one of our tables has it: `ii:I` takes two i32 and gives an i64. */
export type Shape = string;

/** Throws unless the module exports functions of these names and types. */
export function requireExports(
  module: ForeignModule,
  shapes: Readonly<Record<string, Shape>>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = exportedType(module, name);
    if (found === undefined) {
      throw fault(`the module does not export the function \`${name}\``);
    }
    checkType(`the export \`${name}\``, found, shape);
  }
}

/** Whether it exports a function of this name. */
export function hasFunction(module: ForeignModule, name: string): boolean {
  return exportedType(module, name) !== undefined;
}

/** Throws unless the module shows its memory by the name `memory`. */
export function requireMemory(module: ForeignModule): void {
  const shown = module.exports.some(
    ({ name, kind }) => name === "memory" && kind === "memory",
  );
  if (!shown) {
    throw fault("the module does not export its `memory`");
  }
}

/** What an ABI lends a module, by module and name. */
export type Lent = Readonly<Record<string, Readonly<Record<string, Shape>>>>;

/** Throws unless the host lends every function that the module imports. */
export function checkImports(module: ForeignModule, lent: Lent): void {
  for (const one of module.imports) {
    const name = `${one.module}.${one.name}`;
    if (one.kind !== "function") {
      continue;
    }
    const shape = Object.hasOwn(lent, one.module)
      ? own(lent[one.module] ?? {}, one.name)
      : undefined;
    if (shape === undefined) {
      throw fault(`the module imports \`${name}\`, which no guard is given`);
    }
    const type = module.types[one.type];
    checkType(`the import \`${name}\``, type ?? noType, shape);
  }
}

export function fault(text: string): PolicyError {
  return new PolicyError("guard_module_error", text);
}

const noType: FunctionType = { parameters: [], results: [] };

function own<T>(table: Readonly<Record<string, T>>, name: string) {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function exportedType(
  { exports, imports, functions, types }: ForeignModule,
  name: string,
): FunctionType | undefined {
  const found = exports.find((one) => one.name === name);
  return found?.kind === "function"
    ? typeOf({ imports, functions, types }, found.index)
    : undefined;
}

/** The type of a function by its index, imports counted first. */
export function typeOf(
  {
    functions,
    imports,
    types,
  }: Pick<ForeignModule, "functions" | "imports" | "types">,
  index: number,
): FunctionType | undefined {
  const imported = imports.flatMap((one) =>
    one.kind === "function" ? [one.type] : [],
  );
  const type = imported[index] ?? functions[index - imported.length]?.type;
  return types[type ?? -1];
}

function checkType(what: string, found: FunctionType, shape: Shape): void {
  const [parameters = "", results = ""] = shape
    .split(":")
    .map((list) => [...list].map((letter) => letters[letter] ?? 0));
  const wanted = typeText({
    parameters: parameters || [],
    results: results || [],
  });
  const got = typeText(found);
  if (wanted !== got) {
    throw fault(`${what} is ${got} and must be ${wanted}`);
  }
}

/** A function's type as people read it. */
export function typeText({ parameters, results }: FunctionType): string {
  const names = (types: readonly number[]) =>
    types
      .map((type) => typeNames.get(type) ?? `0x${type.toString(16)}`)
      .join(", ");
  return `(${names(parameters)}) -> (${names(results)})`;
}
