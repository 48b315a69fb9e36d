/** A function's type: value types as the binary format has them. */
export type FunctionType = {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
};

/** Sizes of a memory (in pages) or a table (in elements). */
export type SizeLimits = {
  readonly least: number;
  readonly greatest: number | undefined;
};

export type TableType = { readonly element: number; readonly size: SizeLimits };
export type GlobalType = { readonly type: number; readonly mutable: boolean };

/** What an import brings. */
export type ImportType =
  | { readonly kind: "function"; readonly type: number }
  | { readonly kind: "table"; readonly table: TableType }
  | { readonly kind: "memory"; readonly size: SizeLimits }
  | { readonly kind: "global"; readonly global: GlobalType };

export type ModuleImport = ImportType & {
  readonly module: string;
  readonly name: string;
};

export type ExternKind = ImportType["kind"];

export type ModuleExport = {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
};

/** One instruction, where it lies in the module's bytes. */
export type Instruction = {
  readonly code: number;
  /** Behind a prefix: the number that tells the instruction. */
  readonly sub: number;
  /** The first index behind it: of a function, global, label, segment … */
  readonly index: number;
  /** Of those with two indices the other. */
  readonly other: number;
  /** Of `br_table`: the labels in front of the last one, which is `index`. */
  readonly targets: readonly number[];
  readonly start: number;
  readonly end: number;
};

export type ForeignFunction = {
  /** Index of its type. */
  readonly type: number;
  /** Groups of locals. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  /** Its instructions, the last `end` among them. */
  readonly code: readonly Instruction[];
};

export type ForeignGlobal = GlobalType & {
  readonly initial: readonly Instruction[];
};

/** A segment of a table's elements: functions by expressions, which a list of indices becomes too. */
export type ElementSegment = {
  readonly mode: "active" | "passive" | "declared";
  readonly table: number;
  readonly type: number;
  /** Where an active one goes. */
  readonly offset: readonly Instruction[];
  readonly items: readonly (readonly Instruction[])[];
};

export type ForeignData = {
  readonly mode: "active" | "passive";
  readonly offset: readonly Instruction[];
  readonly bytes: Uint8Array;
};

/** A module that somebody else compiled, decoded whole: every index in it is in range. */
export type ForeignModule = {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly ModuleImport[];
  /** Those that the module defines; imports come before them in the index space. */
  readonly functions: readonly ForeignFunction[];
  readonly tables: readonly TableType[];
  readonly memories: readonly SizeLimits[];
  readonly globals: readonly ForeignGlobal[];
  readonly exports: readonly ModuleExport[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | undefined;
  readonly data: readonly ForeignData[];
  /** Names of the custom sections, which mean nothing here. */
  readonly custom: readonly string[];
};

/** Value types, functions' references among them. */
export const valueType = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;
