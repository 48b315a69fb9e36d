import { PolicyError } from "../error.ts";
import type { Charge } from "./block-costs.ts";
import { ByteWriter } from "./byte-writer.ts";
import { bulk } from "./decode-code.ts";
import {
  type ElementSegment,
  type ExternKind,
  type ForeignModule,
  type FunctionType,
  type Instruction,
  type SizeLimits,
  type TableType,
  valueType,
} from "./foreign-module.ts";
import { opcode, prefix } from "./instructions.ts";
import {
  type DepthGuard,
  FunctionMeter,
  type MeterNames,
} from "./meter-function.ts";
import { moduleCosts } from "./module-costs.ts";
import { section } from "./read-module.ts";
import {
  type GrowthLimits,
  needsSubstitute,
  type Substitute,
  substituteFor,
} from "./substitutes.ts";
import { writeList, writeSection, writeSized } from "./write-section.ts";

export type MeterLimits = GrowthLimits & {
  /** Calls that may come back to themselves, in progress at a time. */
  readonly depth: number;
  /**
   * Pages of memory that a module which grows has from the beginning without
   * knowing, so that growing need not change the memory itself.
   */
  readonly sparePages: number;
  /** Fuel that there is before the host gives any: for the start function. */
  readonly startFuel: bigint;
};

/** A module that cannot run without paying. */
export type MeteredModule = {
  readonly bytes: Uint8Array;
  /**
   * The exports that hold its variable globals. Undefined when its state is
   * more than those and its memory: tables or segments that it changes.
   */
  readonly state: readonly string[] | undefined;
};

/** Names of what the host adds; `tick(reason)` is the one import. */
export const meterNames = {
  module: "sandbox",
  tick: "tick",
  fuel: "sandbox:fuel",
  depth: "sandbox:depth",
  memory: "sandbox:memory",
} as const;

const reserved = "sandbox:";

/**
 * Rewrites a module so that it pays for what it does: the head of a function or
 * a loop takes fuel for the dearest way to the next head, what moves in bulk
 * for its length; recursion is counted, memory and tables grow no further than
 * they may. A memory that it imports becomes its own;
 * custom sections are left out; its exports stay.
 */
export function meterModule(
  module: ForeignModule,
  limits: MeterLimits,
): MeteredModule {
  return new ModuleMeter(module, limits).write();
}

class ModuleMeter {
  private readonly module: ForeignModule;
  private readonly limits: MeterLimits;
  private readonly imported: number;
  private readonly types: FunctionType[];
  private readonly typeIndices = new Map<string, number>();
  private readonly substitutes = new Map<
    string,
    Substitute & { readonly index: number }
  >();
  private readonly names: MeterNames;

  constructor(module: ForeignModule, limits: MeterLimits) {
    this.module = module;
    this.limits = limits;
    this.types = [...module.types];
    for (const [index, { parameters, results }] of module.types.entries()) {
      this.typeIndices.set(`${parameters}:${results}`, index);
    }
    const count = (kind: ExternKind) =>
      module.imports.filter((one) => one.kind === kind).length;
    this.imported = count("function");
    const globals = count("global") + module.globals.length;
    this.names = {
      tick: this.imported,
      fuel: globals,
      depth: globals + 1,
      pages: hasGrowth(module) ? globals + 2 : undefined,
      function: (index) => (index < this.imported ? index : index + 1),
      substitute: (instruction) => this.substitute(instruction),
    };
  }

  write(): MeteredModule {
    this.checkSizes();
    const tick = this.type({ parameters: [valueType.i32], results: [] });
    // First, for they say which types and functions there are besides.
    const bodies = this.bodies();
    const helpers = [...this.substitutes.values()].map((one) => ({
      body: one.body,
      type: this.type(one.type),
    }));
    const out = new ByteWriter(this.module.bytes.length * 2);
    out.raw(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
    writeList(out, section.type, this.types, writeType);
    this.writeImports(out, tick);
    const own = this.module.functions.map(({ type }) => type);
    writeList(
      out,
      section.function,
      [...own, ...helpers.map(({ type }) => type)],
      (part, index) => part.unsigned(index),
    );
    this.writeSizes(out);
    this.writeGlobals(out);
    const state = this.writeExports(out);
    const { start } = this.module;
    if (start !== undefined) {
      const index = this.names.function(start);
      writeSection(out, section.start, (part) => part.unsigned(index));
    }
    this.writeElements(out);
    const { dataCount } = this.module;
    if (dataCount !== undefined) {
      writeSection(out, section.dataCount, (part) => part.unsigned(dataCount));
    }
    writeSection(out, section.code, (part) => {
      part.unsigned(bodies.length + helpers.length);
      for (const body of bodies) {
        writeSized(part, body);
      }
      for (const { body } of helpers) {
        body.writeTo(part);
      }
    });
    this.writeData(out);
    return { bytes: out.written(), state };
  }

  private checkSizes(): void {
    const { pages, elements } = this.limits;
    for (const { kind, module, name } of this.module.imports) {
      if (kind === "table" || kind === "global") {
        throw new PolicyError(
          "guard_module_error",
          `the module imports the ${kind} \`${module}.${name}\``,
        );
      }
    }
    for (const { least } of this.memories()) {
      if (least > pages) {
        throw new PolicyError(
          "guard_module_error",
          `the module begins with ${least} pages of memory and may have ${pages}`,
        );
      }
    }
    for (const { size } of this.module.tables) {
      if (size.least > elements) {
        throw new PolicyError(
          "guard_module_error",
          `a table begins with ${size.least} elements and may have ${elements}`,
        );
      }
    }
  }

  /** The module's memory, whether it imports it or not. */
  private memories(): readonly SizeLimits[] {
    const given = this.module.imports.flatMap((one) =>
      one.kind === "memory" ? [one.size] : [],
    );
    return [...given, ...this.module.memories];
  }

  private bodies(): readonly Uint8Array[] {
    const { functions, types, bytes } = this.module;
    const costs = moduleCosts(this.module);
    return functions.map((one, index) => {
      const type = types[one.type];
      const { charges = noCharges, isCounted } = costs[index] ?? {};
      const guard = isCounted ? this.guard(type?.results ?? []) : undefined;
      const parameters = type?.parameters.length ?? 0;
      const metering = { parameters, charges, guard };
      return new FunctionMeter(bytes, this.names).write(one, metering);
    });
  }

  private guard(results: readonly number[]): DepthGuard {
    const [only, another] = results;
    const several =
      another === undefined ? 0 : this.type({ parameters: [], results });
    return {
      greatest: this.limits.depth,
      writeType: (out) => {
        if (another === undefined) {
          out.byte(only ?? 0x40);
        } else {
          out.signed(several);
        }
      },
    };
  }

  /** Index of a type, which may be there. */
  private type({ parameters, results }: FunctionType): number {
    const key = `${parameters}:${results}`;
    let index = this.typeIndices.get(key);
    if (index === undefined) {
      index = this.types.push({ parameters, results }) - 1;
      this.typeIndices.set(key, index);
    }
    return index;
  }

  private substitute(instruction: Instruction): number | undefined {
    if (!needsSubstitute(instruction)) {
      return undefined;
    }
    const { code, sub, index, other } = instruction;
    const key = [code, sub, index, other].join();
    const known = this.substitutes.get(key);
    if (known) {
      return known.index;
    }
    const { tick, fuel, pages = 0 } = this.names;
    const { tables, functions } = this.module;
    const limits = {
      ...this.limits,
      declaredPages: this.memories()[0]?.greatest,
    };
    const indices = { tick, fuel, pages };
    const made = {
      ...substituteFor(instruction, tables, limits, indices),
      index: this.imported + 1 + functions.length + this.substitutes.size,
    };
    this.substitutes.set(key, made);
    return made.index;
  }

  private writeImports(out: ByteWriter, tickType: number): void {
    const functions = this.module.imports.flatMap((one) =>
      one.kind === "function" ? [one] : [],
    );
    const { module, tick } = meterNames;
    const all = [...functions, { module, name: tick, type: tickType }];
    writeList(out, section.import, all, (part, one) => {
      writeName(part, one.module);
      writeName(part, one.name);
      part.byte(0x00);
      part.unsigned(one.type);
    });
  }

  private writeSizes(out: ByteWriter): void {
    const { pages, elements } = this.limits;
    writeList(
      out,
      section.table,
      this.module.tables,
      (part, { element, size }: TableType) => {
        part.byte(element);
        writeSize(part, size, elements);
      },
    );
    writeList(out, memorySection, this.memories(), (part, size) =>
      writeSize(part, this.memorySize(size), pages),
    );
  }

  /** Memory grows by the host's rules, whatever the module declares. */
  private memorySize(size: SizeLimits): SizeLimits {
    const { pages, sparePages } = this.limits;
    return this.names.pages === undefined
      ? size
      : {
          least: Math.min(size.least + sparePages, pages),
          greatest: undefined,
        };
  }

  private writeGlobals(out: ByteWriter): void {
    const { globals } = this.module;
    const least = this.memories()[0]?.least ?? 0;
    const hasPages = this.names.pages !== undefined;
    writeSection(out, section.global, (part) => {
      part.unsigned(globals.length + (hasPages ? 3 : 2));
      for (const { type, mutable, initial } of globals) {
        part.raw(Uint8Array.of(type, mutable ? 1 : 0));
        this.writeExpression(part, initial);
      }
      part.raw(Uint8Array.of(valueType.i64, 0x01, 0x42));
      part.signed64(this.limits.startFuel);
      part.byte(0x0b);
      for (const initial of hasPages ? [0, least] : [0]) {
        part.raw(Uint8Array.of(valueType.i32, 0x01, 0x41));
        part.signed(initial);
        part.byte(0x0b);
      }
    });
  }

  /** Returns the names of those that hold the module's state. */
  private writeExports(out: ByteWriter): readonly string[] | undefined {
    const { exports, globals } = this.module;
    const taken = exports.find(({ name }) => name.startsWith(reserved));
    if (taken) {
      throw new PolicyError(
        "guard_module_error",
        `the export \`${taken.name}\` has a name of ours`,
      );
    }
    const first = this.names.fuel - globals.length;
    const own = globals.flatMap(({ mutable, type }, at) =>
      mutable ? [{ index: first + at, type }] : [],
    );
    const { pages } = this.names;
    const variable =
      pages === undefined
        ? own
        : [...own, { index: pages, type: valueType.i32 }];
    const state = variable.map(({ index }) => `${reserved}global:${index}`);
    const added: [name: string, kind: number, index: number][] = [
      [meterNames.fuel, 3, this.names.fuel],
      [meterNames.depth, 3, this.names.depth],
      ...this.memories().map(
        () => [meterNames.memory, 2, 0] as [string, number, number],
      ),
      ...variable.map(
        ({ index }, at) => [state[at], 3, index] as [string, number, number],
      ),
    ];
    const shown = exports.map(({ name, kind, index }) => {
      const to = kind === "function" ? this.names.function(index) : index;
      return [name, exportKinds.indexOf(kind), to] as const;
    });
    writeList(out, section.export, [...shown, ...added], (part, one) => {
      writeName(part, one[0]);
      part.byte(one[1]);
      part.unsigned(one[2]);
    });
    const isReadable = variable.every(({ type }) => numbers.has(type));
    return isReadable && !changesMore(this.module) ? state : undefined;
  }

  private writeElements(out: ByteWriter): void {
    writeList(out, section.element, this.module.elements, (part, one) => {
      const { mode, table, offset, type, items } = one;
      part.unsigned(elementForms[mode]);
      if (mode === "active") {
        part.unsigned(table);
        this.writeExpression(part, offset);
      }
      part.byte(type);
      part.unsigned(items.length);
      for (const item of items) {
        this.writeExpression(part, item);
      }
    });
  }

  private writeData(out: ByteWriter): void {
    writeList(out, section.data, this.module.data, (part, one) => {
      part.unsigned(one.mode === "passive" ? 1 : 0);
      if (one.mode === "active") {
        this.writeExpression(part, one.offset);
      }
      writeSized(part, one.bytes);
    });
  }

  private writeExpression(
    part: ByteWriter,
    expression: readonly Instruction[],
  ): void {
    for (const { code, index, start, end } of expression) {
      if (code === opcode.refFunc) {
        part.byte(code);
        part.unsigned(this.names.function(index));
      } else {
        part.raw(
          start === end
            ? Uint8Array.of(code)
            : this.module.bytes.subarray(start, end),
        );
      }
    }
  }
}

const noCharges: ReadonlyMap<number, Charge> = new Map();
const memorySection = 5;

const exportKinds: readonly ExternKind[] = [
  "function",
  "table",
  "memory",
  "global",
];

// With expressions, and with the table and the type spelled out.
const elementForms: Readonly<Record<ElementSegment["mode"], number>> = {
  active: 6,
  passive: 5,
  declared: 7,
};

const numbers: ReadonlySet<number> = new Set([
  valueType.i32,
  valueType.i64,
  valueType.f32,
  valueType.f64,
]);

const changes: ReadonlySet<number> = new Set([
  bulk.dataDrop,
  bulk.tableInit,
  bulk.elementDrop,
  bulk.tableCopy,
  bulk.tableGrow,
  bulk.tableFill,
]);

/** Whether code makes the memory grow. */
function hasGrowth({ functions }: ForeignModule): boolean {
  return functions.some(({ code }) =>
    code.some((one) => one.code === opcode.memoryGrow),
  );
}

/** Whether code changes what neither memory nor globals hold. */
function changesMore({ functions }: ForeignModule): boolean {
  return functions.some(({ code }) =>
    code.some(
      (one) =>
        one.code === opcode.tableSet ||
        (one.code === prefix.bulk && changes.has(one.sub)),
    ),
  );
}

function writeType(
  part: ByteWriter,
  { parameters, results }: FunctionType,
): void {
  part.byte(0x60);
  for (const list of [parameters, results]) {
    part.unsigned(list.length);
    part.raw(Uint8Array.from(list));
  }
}

/** Sizes with a greatest one, which is no more than what is allowed. */
function writeSize(
  part: ByteWriter,
  { least, greatest }: SizeLimits,
  allowed: number,
): void {
  part.byte(0x01);
  part.unsigned(least);
  part.unsigned(Math.min(greatest ?? allowed, allowed));
}

function writeName(part: ByteWriter, name: string): void {
  writeSized(part, new TextEncoder().encode(name));
}
