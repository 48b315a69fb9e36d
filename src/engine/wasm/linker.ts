import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FunctionBody } from "./function-body.ts";
import { printFunctions } from "./print.ts";
import { findReachable } from "./reachable.ts";
import { section, type WasmModule } from "./read-module.ts";
import { writeList, writeSection, writeSized } from "./write-section.ts";

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
  private readonly globals = new ByteWriter(32);
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
    this.globals.raw(Uint8Array.of(0x7f, 0x00, 0x41));
    this.globals.signed(value);
    this.globals.byte(0x0b);
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
    const bytes = new ByteWriter(8);
    bytes.byte(0x60);
    for (const list of [parameters, results]) {
      bytes.unsigned(list.length);
      bytes.raw(Uint8Array.from(list));
    }
    const key = bytes.written().join();
    const known = this.typeIndex.get(key);
    if (known !== undefined) {
      return known;
    }
    this.types.push(bytes.written());
    this.typeIndex.set(key, this.types.length - 1);
    return this.types.length - 1;
  }

  /** The functions that were added, by the names that `nameOf` gives. */
  printAdded(nameOf: (index: number) => string | undefined): string {
    const first = this.imported + this.base.functions.length;
    const functions = this.added.map(({ body, type }, offset) => ({
      name: nameOf(first + offset) ?? `f${first + offset}`,
      ...readSignature(this.types[type] as Uint8Array),
      body: defined(body).encode(),
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
    const out = new ByteWriter(1 << 16);
    out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    writeList(out, section.type, this.types, (part, type) => part.raw(type));
    writeList(out, section.import, this.base.imports, (part, { bytes }) =>
      part.raw(bytes),
    );
    writeList(out, section.function, this.functionTypes(), (part, type) =>
      part.unsigned(type),
    );
    this.keepSection(out, section.table);
    writeSection(out, section.global, (part) => {
      part.unsigned(this.base.globalCount + this.globalCount);
      part.raw(this.base.globals);
      part.raw(this.globals.written());
    });
    this.writeExports(out, keep);
    const { start } = this;
    if (start !== undefined) {
      writeSection(out, section.start, (part) => part.unsigned(start));
    }
    this.keepSection(out, section.element);
    const segments =
      this.base.data.length + this.passive.length + this.active.length;
    writeSection(out, section.dataCount, (part) => part.unsigned(segments));
    this.writeCode(out, reachable.functions);
    writeSection(out, section.data, (part) => {
      part.unsigned(segments);
      for (const [position, { start: at, bytes }] of this.base.data.entries()) {
        const isRead = reachable.segments.has(position);
        writeActive(part, at, isRead ? bytes : noBytes);
      }
      for (const bytes of this.passive) {
        part.byte(1);
        writeSized(part, bytes);
      }
      for (const { offset, bytes } of this.active) {
        writeActive(part, offset, bytes);
      }
    });
    return out.written();
  }

  private keepSection(out: ByteWriter, id: number): void {
    const content = this.base.kept.get(id);
    if (content) {
      writeSection(out, id, (part) => part.raw(content));
    }
  }

  private functionTypes(): number[] {
    return [...this.base.functions, ...this.added.map(({ type }) => type)];
  }

  private writeExports(out: ByteWriter, keep: (name: string) => boolean): void {
    const kept = [...this.base.exports]
      .filter(([name]) => keep(name))
      .map(([name, { kind, index }]) => [name, kind, index] as const);
    const all = [...kept, ...this.exports];
    writeList(out, section.export, all, (part, [name, kind, index]) => {
      writeSized(part, new TextEncoder().encode(name));
      part.byte(kind);
      part.unsigned(index);
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

  private writeCode(out: ByteWriter, reachable: ReadonlySet<number>): void {
    writeSection(out, section.code, (part) => {
      part.unsigned(this.base.bodies.length + this.added.length);
      for (const [index, bytes] of this.base.bodies.entries()) {
        if (index === this.replaced) {
          defined(this.replacement).writeTo(part);
        } else {
          const isReached = reachable.has(index + this.imported);
          writeSized(part, isReached ? bytes : unreachableBody);
        }
      }
      for (const { body } of this.added) {
        defined(body).writeTo(part);
      }
    });
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

function defined(body: FunctionBody | undefined): FunctionBody {
  if (!body) {
    throw new PolicyError("internal_error", "a declared function has no body");
  }
  return body;
}

function writeActive(out: ByteWriter, at: number, bytes: Uint8Array): void {
  out.byte(0x00);
  out.byte(0x41);
  out.signed(at);
  out.byte(0x0b);
  writeSized(out, bytes);
}
