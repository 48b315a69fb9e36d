import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";
import { FunctionBody } from "./function-body.ts";
import { writeSigned, writeUnsigned } from "./leb128.ts";
import { printFunctions } from "./print.ts";
import { findReachable } from "./reachable.ts";
import { section, type WasmModule } from "./read-module.ts";

type Signature = {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
};

/**
 * Appends functions, globals and data to a prebuilt module. One function of
 * the module, found by its export name, gets a new body; no index moves.
 */
export class Linker {
  private readonly base: WasmModule;
  /** How many functions are imported: they have the first indices. */
  private readonly imported: number;
  /** Index of the body that is replaced. */
  private readonly replaced: number;
  private readonly types: Uint8Array[];
  private readonly typeIndex = new Map<string, number>();
  private readonly added: {
    readonly type: number;
    body: FunctionBody | undefined;
  }[] = [];
  private readonly globals: number[] = [];
  private globalCount = 0;
  private readonly exports: [name: string, kind: number, index: number][] = [];
  private readonly active: {
    readonly offset: number;
    readonly bytes: Uint8Array;
  }[] = [];
  private readonly passive: Uint8Array[] = [];
  private replacement: FunctionBody | undefined;
  private start: number | undefined;

  constructor(base: WasmModule, replaced: string) {
    this.base = base;
    this.types = [...base.types];
    for (const [index, type] of base.types.entries()) {
      this.typeIndex.set(type.join(), index);
    }
    this.imported = base.imports.filter(({ kind }) => kind === 0).length;
    this.replaced = this.require(replaced) - this.imported;
  }

  /** Index of an exported function of the base module, or undefined. */
  find(name: string): number | undefined {
    return this.base.exports.get(name)?.index;
  }

  /** Index of an exported function that must be there. */
  require(name: string): number {
    const index = this.find(name);
    if (index === undefined) {
      throw new PolicyError("internal_error", `the runtime lacks \`${name}\``);
    }
    return index;
  }

  /** Reserves a function; `define` gives its body later. */
  declare(signature: Signature): number {
    this.added.push({ type: this.type(signature), body: undefined });
    return this.imported + this.base.functions.length + this.added.length - 1;
  }

  define(index: number, body: FunctionBody): void {
    const entry =
      this.added[index - this.imported - this.base.functions.length];
    if (entry) {
      entry.body = body;
    }
  }

  replaceBody(body: FunctionBody): void {
    this.replacement = body;
  }

  /** An exported immutable i32 global. */
  constantGlobal(name: string, value: number): void {
    this.globals.push(0x7f, 0x00, 0x41);
    writeSigned(this.globals, value);
    this.globals.push(0x0b);
    this.exports.push([name, 3, this.base.globalCount + this.globalCount]);
    this.globalCount += 1;
  }

  activeData(offset: number, bytes: Uint8Array): void {
    this.active.push({ offset, bytes });
  }

  /** A segment that code places; its index. */
  passiveData(bytes: Uint8Array): number {
    this.passive.push(bytes);
    return this.base.data.length + this.passive.length - 1;
  }

  /** Runs `body` at instantiation, after what the prebuilt module runs itself. */
  startFunction(body: FunctionBody): void {
    const start = new FunctionBody(0);
    if (this.base.start !== undefined) {
      start.call(this.base.start);
    }
    const index = this.declare({ parameters: [], results: [] });
    this.define(index, body);
    start.call(index);
    this.start = this.declare({ parameters: [], results: [] });
    this.define(this.start, start);
  }

  private type({ parameters, results }: Signature): number {
    const bytes: number[] = [0x60];
    for (const list of [parameters, results]) {
      writeUnsigned(bytes, list.length);
      bytes.push(...list);
    }
    const key = bytes.join();
    const known = this.typeIndex.get(key);
    if (known !== undefined) {
      return known;
    }
    this.types.push(Uint8Array.from(bytes));
    this.typeIndex.set(key, this.types.length - 1);
    return this.types.length - 1;
  }

  /** The functions that were added, by the names that `nameOf` gives. */
  printAdded(nameOf: (index: number) => string | undefined): string {
    const first = this.imported + this.base.functions.length;
    const functions = this.added.map(({ body, type }, offset) => ({
      name: nameOf(first + offset) ?? `f${first + offset}`,
      ...readSignature(this.types[type] as Uint8Array),
      body: encoded(body),
    }));
    const exported = new Map(
      [...this.base.exports].map(([name, { kind, index }]) => [
        `${kind} ${index}`,
        name,
      ]),
    );
    return printFunctions(functions, {
      function: (index) =>
        nameOf(index) ?? exported.get(`0 ${index}`) ?? `f${index}`,
      global: (index) => exported.get(`3 ${index}`) ?? `g${index}`,
    });
  }

  /**
   * The module; of the base's exports those that `keep` accepts. Functions and
   * static data that nothing reaches are emptied, for no index may move.
   */
  link(keep: (name: string) => boolean): Uint8Array {
    const reachable = findReachable(this.base, this.imported, this.roots(keep));
    const out = new Output();
    out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    out.list(section.type, this.types);
    out.list(
      section.import,
      this.base.imports.map(({ bytes }) => bytes),
    );
    out.list(section.function, this.functionTypes());
    this.keepSection(out, section.table);
    out.section(section.global, [
      unsigned(this.base.globalCount + this.globalCount),
      this.base.globals,
      Uint8Array.from(this.globals),
    ]);
    out.list(section.export, this.exportEntries(keep));
    if (this.start !== undefined) {
      out.section(section.start, [unsigned(this.start)]);
    }
    this.keepSection(out, section.element);
    const dataCount =
      this.base.data.length + this.passive.length + this.active.length;
    out.section(section.dataCount, [unsigned(dataCount)]);
    out.list(section.code, this.bodies(reachable.functions).map(sized));
    out.section(section.data, [
      unsigned(dataCount),
      ...this.base.data.flatMap(({ start, bytes }, position) => [
        activeHead(start),
        sized(reachable.segments.has(position) ? bytes : noBytes),
      ]),
      ...this.passive.flatMap((bytes) => [Uint8Array.of(1), sized(bytes)]),
      ...this.active.flatMap(({ offset, bytes }) => [
        activeHead(offset),
        sized(bytes),
      ]),
    ]);
    return out.finish();
  }

  private keepSection(out: Output, id: number): void {
    const content = this.base.kept.get(id);
    if (content) {
      out.section(id, [content]);
    }
  }

  private functionTypes(): Uint8Array[] {
    return [...this.base.functions, ...this.added.map(({ type }) => type)].map(
      unsigned,
    );
  }

  private exportEntries(keep: (name: string) => boolean): Uint8Array[] {
    const kept = [...this.base.exports]
      .filter(([name]) => keep(name))
      .map(([name, { kind, index }]) => [name, kind, index] as const);
    return [...kept, ...this.exports].map(([name, kind, index]) => {
      const text = new TextEncoder().encode(name);
      return concat([sized(text), Uint8Array.of(kind), unsigned(index)]);
    });
  }

  /** Functions that can be called from outside or from what was added. */
  private *roots(keep: (name: string) => boolean): Iterable<number> {
    for (const [name, { kind, index }] of this.base.exports) {
      if (kind === 0 && keep(name)) {
        yield index;
      }
    }
    if (this.base.start !== undefined) {
      yield this.base.start;
    }
    // A call through a table may reach anything.
    if (this.base.kept.size > 0) {
      yield* this.base.bodies.map((_body, index) => index + this.imported);
    }
    const own = this.added.map(({ body }) => body);
    for (const body of [...own, this.replacement]) {
      yield* body?.callees ?? [];
    }
  }

  private bodies(reachable: ReadonlySet<number>): Uint8Array[] {
    const own = this.base.bodies.map((bytes, index) => {
      if (index === this.replaced) {
        return encoded(this.replacement);
      }
      return reachable.has(index + this.imported) ? bytes : unreachableBody;
    });
    return [...own, ...this.added.map(({ body }) => encoded(body))];
  }
}

const noBytes = new Uint8Array(0);

// No locals; unreachable; end.
const unreachableBody = Uint8Array.of(0x00, 0x00, 0x0b);

/** A function type as the type section has it. */
function readSignature(type: Uint8Array): Signature {
  const reader = new ByteReader(type, 1);
  const parameters = [...reader.take(reader.unsigned())];
  return { parameters, results: [...reader.take(reader.unsigned())] };
}

function encoded(body: FunctionBody | undefined): Uint8Array {
  if (!body) {
    throw new PolicyError("internal_error", "a declared function has no body");
  }
  return body.encode();
}

function activeHead(offset: number): Uint8Array {
  const bytes = [0x00, 0x41];
  writeSigned(bytes, offset);
  return Uint8Array.from([...bytes, 0x0b]);
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  writeUnsigned(bytes, value);
  return Uint8Array.from(bytes);
}

function sized(bytes: Uint8Array): Uint8Array {
  return concat([unsigned(bytes.length), bytes]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

class Output {
  private readonly parts: Uint8Array[] = [];

  raw(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  section(id: number, parts: readonly Uint8Array[]): void {
    this.parts.push(Uint8Array.of(id), sized(concat(parts)));
  }

  list(id: number, items: readonly Uint8Array[]): void {
    this.section(id, [unsigned(items.length), ...items]);
  }

  finish(): Uint8Array {
    return concat(this.parts);
  }
}
