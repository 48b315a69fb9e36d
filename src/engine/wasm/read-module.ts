import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";

/** What the linker needs of a module; section contents stay as bytes. */
export type WasmModule = {
  /** Function types, each as its bytes. */
  readonly types: readonly Uint8Array[];
  /** Imports, each as its bytes, with what they bring. */
  readonly imports: readonly WasmImport[];
  /** Type index of each defined function. */
  readonly functions: readonly number[];
  /** Index of the function that runs when the module is instantiated. */
  readonly start: number | undefined;
  readonly globalCount: number;
  readonly globals: Uint8Array;
  /** The initial value of each i32 global that begins with a constant. */
  readonly globalValues: readonly (number | undefined)[];
  readonly exports: ReadonlyMap<string, WasmExport>;
  readonly bodies: readonly Uint8Array[];
  /** Static data, each at its address. */
  readonly data: readonly DataSegment[];
  /** Table and element sections, kept as they are. */
  readonly kept: ReadonlyMap<number, Uint8Array>;
};

/** An active data segment. */
export type DataSegment = {
  readonly start: number;
  readonly bytes: Uint8Array;
};

type WasmImport = {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  readonly bytes: Uint8Array;
};

type WasmExport = { readonly kind: number; readonly index: number };

/** Section ids of the binary format. */
export const section = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Splits a module into its sections. */
export function readModule(bytes: Uint8Array): WasmModule {
  const reader = new ByteReader(bytes, 8);
  const sections = new Map<number, Uint8Array>();
  while (reader.position < bytes.length) {
    const id = reader.byte();
    sections.set(id, reader.take(reader.unsigned()));
  }
  const open = (id: number) =>
    new ByteReader(sections.get(id) ?? Uint8Array.of(0));
  const globals = open(section.global);
  const globalCount = globals.unsigned();
  const start = sections.get(section.start);
  const kept = new Map<number, Uint8Array>();
  for (const id of [section.table, section.element]) {
    const content = sections.get(id);
    if (content) {
      kept.set(id, content);
    }
  }
  return {
    types: readTypes(open(section.type)),
    imports: readImports(open(section.import)),
    functions: readList(open(section.function), (r) => r.unsigned()),
    globalCount,
    globals: globals.bytes.subarray(globals.position),
    globalValues: readGlobalValues(open(section.global)),
    exports: readExports(open(section.export)),
    bodies: readList(open(section.code), (r) => r.take(r.unsigned())),
    data: readList(open(section.data), readSegment),
    kept,
    start: start && new ByteReader(start).unsigned(),
  };
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  return Array.from({ length: reader.unsigned() }, () => read(reader));
}

function readTypes(reader: ByteReader): Uint8Array[] {
  return readList(reader, (r) => {
    const start = r.position;
    r.byte();
    r.take(r.unsigned());
    r.take(r.unsigned());
    return r.bytes.subarray(start, r.position);
  });
}

function readImports(reader: ByteReader): WasmImport[] {
  return readList(reader, (r) => {
    const start = r.position;
    const module = r.name();
    const name = r.name();
    const kind = r.byte();
    skipImportType(r, kind);
    return { module, name, kind, bytes: r.bytes.subarray(start, r.position) };
  });
}

function skipImportType(reader: ByteReader, kind: number): void {
  if (kind === 0) {
    reader.unsigned();
  } else if (kind === 2) {
    const flags = reader.unsigned();
    reader.unsigned();
    if (flags & 1) {
      reader.unsigned();
    }
  } else {
    throw new PolicyError(
      "internal_error",
      `import kind ${kind} is not expected`,
    );
  }
}

function readExports(reader: ByteReader): Map<string, WasmExport> {
  const entries = readList(reader, (r) => {
    const name = r.name();
    return [name, { kind: r.byte(), index: r.unsigned() }] as const;
  });
  return new Map(entries);
}

const constant = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 } as const;

function readGlobalValues(reader: ByteReader): (number | undefined)[] {
  return readList(reader, (r) => {
    r.take(2);
    const opcode = r.byte();
    const value =
      opcode === constant.i32 || opcode === constant.i64
        ? r.signed()
        : skipFloat(r, opcode);
    r.byte();
    return opcode === constant.i32 ? value : undefined;
  });
}

function skipFloat(reader: ByteReader, opcode: number): undefined {
  if (opcode !== constant.f32 && opcode !== constant.f64) {
    throw new PolicyError(
      "internal_error",
      `a global that begins with 0x${opcode.toString(16)} is not expected`,
    );
  }
  reader.take(opcode === constant.f32 ? 4 : 8);
  return undefined;
}

function readSegment(reader: ByteReader): DataSegment {
  if (reader.unsigned() !== 0) {
    throw new PolicyError("internal_error", "passive data is not expected");
  }
  reader.byte();
  const start = reader.signed();
  reader.byte();
  return { start, bytes: reader.take(reader.unsigned()) };
}
