import type {
  ExternKind,
  ForeignModule,
  SizeLimits,
} from "../wasm/foreign-module.ts";
import type { ForeignAbi } from "./foreign-guard.ts";
import { decodeForeign } from "./load-foreign.ts";
import { typeOf, typeText } from "./require.ts";

/** Something that a module takes or gives. */
type Extern = {
  readonly name: string;
  readonly kind: ExternKind;
  /** Of functions: `(i32) -> (i64)`. */
  readonly type?: string;
};

/** What a module is, for people; nothing of it has run. */
export type ForeignInspection = {
  /** Undefined when it exports the functions of neither. */
  readonly abi: ForeignAbi | undefined;
  readonly imports: readonly Extern[];
  readonly exports: readonly Extern[];
  /** In pages of 64 KiB. */
  readonly memory: SizeLimits | undefined;
  /** In elements. */
  readonly tables: readonly SizeLimits[];
  readonly functions: number;
  readonly hasStart: boolean;
  /** Names of the sections that are left out. */
  readonly custom: readonly string[];
};

/** Decodes a module, as strictly as for loading, and tells what it is. */
export function inspectForeign(bytes: Uint8Array): ForeignInspection {
  const module = decodeForeign(bytes);
  const given = module.imports.flatMap((one) =>
    one.kind === "memory" ? [one.size] : [],
  );
  return {
    abi: abiOf(module),
    imports: importsOf(module),
    exports: exportsOf(module),
    memory: [...given, ...module.memories][0],
    tables: module.tables.map(({ size }) => size),
    functions: module.functions.length,
    hasStart: module.start !== undefined,
    custom: module.custom,
  };
}

function abiOf({ exports }: ForeignModule): ForeignAbi | undefined {
  const names = new Set(exports.map(({ name }) => name));
  if (names.has("opa_eval_ctx_new")) {
    return "opa";
  }
  return names.has("guard_evaluate") ? "raw" : undefined;
}

function importsOf({ imports, types }: ForeignModule): readonly Extern[] {
  return imports.map((one) => {
    const { kind } = one;
    const name = `${one.module}.${one.name}`;
    const type = kind === "function" ? types[one.type] : undefined;
    return type ? { name, kind, type: typeText(type) } : { name, kind };
  });
}

function exportsOf(module: ForeignModule): readonly Extern[] {
  return module.exports.map(({ index, kind, name }) => {
    const type = kind === "function" ? typeOf(module, index) : undefined;
    return type ? { name, kind, type: typeText(type) } : { name, kind };
  });
}
