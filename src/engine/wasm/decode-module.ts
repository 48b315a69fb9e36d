import {
  decodeConstant,
  decodeFunction,
  type IndexSpaces,
  readReferenceType,
  readValueType,
} from "./decode-code.ts";
import { decodeElement } from "./decode-element.ts";
import type {
  ExternKind,
  ForeignData,
  ForeignFunction,
  ForeignGlobal,
  ForeignModule,
  FunctionType,
  GlobalType,
  ImportType,
  ModuleExport,
  ModuleImport,
  SizeLimits,
  TableType,
} from "./foreign-module.ts";
import { section } from "./read-module.ts";
import { refusal, StrictReader } from "./strict-reader.ts";

const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const customSection = 0;
const memorySection = 5;

// The order that the binary format gives the sections.
const order = [
  section.type,
  section.import,
  section.function,
  section.table,
  memorySection,
  section.global,
  section.export,
  section.start,
  section.element,
  section.dataCount,
  section.code,
  section.data,
] as const;

/**
 * Decodes a module that somebody else compiled. Everything that is not known
 * is refused by its number and its place, as `guard_module_error`; what is
 * returned may still be ill-typed, which the engine that compiles it finds.
 */
export function decodeModule(bytes: Uint8Array): ForeignModule {
  const reader = new StrictReader(bytes);
  for (const byte of magic) {
    reader.expect(byte, "a byte of the module's head");
  }
  return new ModuleDecoder(bytes, splitSections(reader)).decode();
}

type Sections = {
  readonly known: ReadonlyMap<number, StrictReader>;
  readonly custom: readonly string[];
};

function splitSections(reader: StrictReader): Sections {
  const known = new Map<number, StrictReader>();
  const custom: string[] = [];
  let last = -1;
  while (!reader.atEnd) {
    const at = reader.position;
    const id = reader.byte();
    const content = reader.part(reader.unsigned());
    if (id === customSection) {
      custom.push(content.name());
      continue;
    }
    const place = order.indexOf(id as (typeof order)[number]);
    if (place < 0) {
      throw refusal(unknownSection(id), at);
    }
    if (place <= last) {
      throw refusal(`section ${id} is twice there or out of order`, at);
    }
    last = place;
    known.set(id, content);
  }
  return { known, custom };
}

function unknownSection(id: number): string {
  return id === 13
    ? "section 13 is of exceptions"
    : `section ${id} is not known`;
}

const externKinds: readonly ExternKind[] = [
  "function",
  "table",
  "memory",
  "global",
];

class ModuleDecoder {
  private readonly bytes: Uint8Array;
  private readonly sections: Sections;
  private types: readonly FunctionType[] = [];
  private imports: readonly ModuleImport[] = [];
  private functionTypes: readonly number[] = [];
  private tables: readonly TableType[] = [];
  private memories: readonly SizeLimits[] = [];

  constructor(bytes: Uint8Array, sections: Sections) {
    this.bytes = bytes;
    this.sections = sections;
  }

  decode(): ForeignModule {
    this.types = this.all(section.type, readFunctionType);
    this.imports = this.all(section.import, (r) => this.readImport(r));
    this.functionTypes = this.all(section.function, (r) => this.typeIndex(r));
    this.tables = this.all(section.table, readTableType);
    this.memories = this.all(memorySection, readMemoryType);
    this.checkMemories();
    const globals = this.readGlobals();
    const before = this.spaces(globals.length);
    const exports = this.all(section.export, (r) => readExport(r, before));
    const start = this.readStart(before.functions);
    const elements = this.all(section.element, (r) => decodeElement(r, before));
    const dataCount = this.one(section.dataCount, (r) => r.unsigned());
    const spaces = { ...before, elements: elements.length, data: dataCount };
    const functions = this.readCode(spaces);
    const data = this.readData(spaces);
    const { bytes, types, imports, tables, memories } = this;
    const { custom } = this.sections;
    return {
      bytes,
      types,
      imports,
      functions,
      tables,
      memories,
      globals,
      exports,
      start,
      elements,
      dataCount,
      data,
      custom,
    };
  }

  /** The list that a section is; a section that goes on behind it is refused. */
  private all<T>(id: number, read: (reader: StrictReader) => T): T[] {
    return this.one(id, (reader) => reader.list(read)) ?? [];
  }

  private one<T>(id: number, read: (reader: StrictReader) => T): T | undefined {
    const reader = this.sections.known.get(id);
    if (!reader) {
      return undefined;
    }
    const found = read(reader);
    if (!reader.atEnd) {
      reader.refuse(`section ${id} goes on behind its end`);
    }
    return found;
  }

  private imported(kind: ExternKind): number {
    return this.imports.filter((one) => one.kind === kind).length;
  }

  private spaces(ownGlobals: number): IndexSpaces {
    return {
      types: this.types,
      functions: this.imported("function") + this.functionTypes.length,
      tables: this.imported("table") + this.tables.length,
      memories: this.imported("memory") + this.memories.length,
      globals: this.imported("global") + ownGlobals,
      elements: 0,
      data: undefined,
    };
  }

  private typeIndex(reader: StrictReader): number {
    return reader.below(this.types.length, "type");
  }

  private readImport(reader: StrictReader): ModuleImport {
    const module = reader.name();
    const name = reader.name();
    return { module, name, ...this.readImportType(reader) };
  }

  private readImportType(reader: StrictReader): ImportType {
    const kind = readKind(reader);
    switch (kind) {
      case "function":
        return { kind, type: this.typeIndex(reader) };
      case "table":
        return { kind, table: readTableType(reader) };
      case "memory":
        return { kind, size: readMemoryType(reader) };
      case "global":
        return { kind, global: readGlobalType(reader) };
    }
  }

  private checkMemories(): void {
    const count = this.imported("memory") + this.memories.length;
    if (count > 1) {
      throw refusal(`${count} memories`, 0);
    }
  }

  /** A global begins with what is known before it: the imports, and the globals in front of it. */
  private readGlobals(): ForeignGlobal[] {
    let count = 0;
    return this.all(section.global, (reader) => {
      const type = readGlobalType(reader);
      const initial = decodeConstant(reader, this.spaces(count));
      count += 1;
      return { ...type, initial };
    });
  }

  private readStart(functions: number): number | undefined {
    return this.one(section.start, (reader) =>
      reader.below(functions, "function"),
    );
  }

  private readCode(spaces: IndexSpaces): ForeignFunction[] {
    const reader = this.sections.known.get(section.code);
    const count = this.functionTypes.length;
    if (!reader) {
      if (count > 0) {
        throw refusal("functions without code", this.bytes.length);
      }
      return [];
    }
    const at = reader.position;
    let next = 0;
    const functions = this.all(section.code, (r) => {
      const type = this.functionTypes[next];
      next += 1;
      return type === undefined
        ? r.refuse("code without a function")
        : decodeFunction(r, type, spaces);
    });
    if (functions.length !== count) {
      throw refusal(`${count} functions but ${functions.length} bodies`, at);
    }
    return functions;
  }

  private readData(spaces: IndexSpaces): ForeignData[] {
    const data = this.all(section.data, (reader) =>
      readSegment(reader, spaces),
    );
    if (spaces.data !== undefined && spaces.data !== data.length) {
      throw refusal(
        `${spaces.data} data segments announced but ${data.length} there`,
        this.bytes.length,
      );
    }
    return data;
  }
}

function readFunctionType(reader: StrictReader): FunctionType {
  reader.expect(0x60, "the form of a type");
  const parameters = reader.list(readValueType);
  return { parameters, results: reader.list(readValueType) };
}

function readKind(reader: StrictReader): ExternKind {
  const at = reader.position;
  const byte = reader.byte();
  const kind = externKinds[byte];
  if (kind === undefined) {
    throw refusal(
      byte === 4 ? "a tag is of exceptions" : `the kind ${byte} is not known`,
      at,
    );
  }
  return kind;
}

function readSize(reader: StrictReader, what: string): SizeLimits {
  const at = reader.position;
  const flags = reader.byte();
  if (flags > 1) {
    const why = flags & 2 ? "shared, which is of threads" : "of 64 bits";
    throw refusal(`a ${what} is ${flags < 8 ? why : "not known"}`, at);
  }
  const least = reader.unsigned();
  const greatest = flags === 1 ? reader.unsigned() : undefined;
  if (greatest !== undefined && greatest < least) {
    throw refusal(`a ${what} begins larger than it may become`, at);
  }
  return { least, greatest };
}

function readTableType(reader: StrictReader): TableType {
  const element = readReferenceType(reader, "a table");
  return { element, size: readSize(reader, "table") };
}

function readMemoryType(reader: StrictReader): SizeLimits {
  return readSize(reader, "memory");
}

function readGlobalType(reader: StrictReader): GlobalType {
  const type = readValueType(reader);
  const at = reader.position;
  const mutable = reader.byte();
  if (mutable > 1) {
    throw refusal("a global is neither constant nor variable", at);
  }
  return { type, mutable: mutable === 1 };
}

function readExport(reader: StrictReader, spaces: IndexSpaces): ModuleExport {
  const name = reader.name();
  const kind = readKind(reader);
  const counts: Readonly<Record<ExternKind, number>> = {
    function: spaces.functions,
    table: spaces.tables,
    memory: spaces.memories,
    global: spaces.globals,
  };
  return { name, kind, index: reader.below(counts[kind], kind) };
}

function readSegment(reader: StrictReader, spaces: IndexSpaces): ForeignData {
  const at = reader.position;
  const flags = reader.unsigned();
  // The form with 2 names a memory, of which there is only the first.
  if (flags === 2) {
    reader.expect(0x00, "the memory of a data segment");
  } else if (flags > 1) {
    throw refusal(`a data segment of the form ${flags}`, at);
  }
  const mode = flags === 1 ? "passive" : "active";
  if (mode === "active" && spaces.memories === 0) {
    throw refusal("a data segment without a memory", at);
  }
  const offset = mode === "active" ? decodeConstant(reader, spaces) : [];
  return { mode, offset, bytes: reader.take(reader.unsigned()) };
}
