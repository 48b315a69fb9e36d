import { PolicyError } from "../error.ts";
import { toAbortError, toTrapError } from "./abort-error.ts";
import { ExactValues } from "./exact-values.ts";
import { allocateMemory } from "./memories.ts";
import { MemoryView } from "./memory-view.ts";
import type { Meter } from "./meter.ts";
import { ValueReader } from "./value-reader.ts";

/** The exports that the host calls; docs/abi.md §4 and §5. */
type Exports = {
  readonly fuel: WebAssembly.Global;
  readonly fuel_tick: WebAssembly.Global;
  readonly max_pages: WebAssembly.Global;
  readonly strict_builtin_errors: WebAssembly.Global;
  builtins(): number;
  entrypoints(): number;
  opa_malloc(size: number): number;
  opa_heap_ptr_get(): number;
  opa_heap_ptr_set(at: number): void;
  opa_json_parse(at: number, length: number): number;
  opa_value_parse(at: number, length: number): number;
  opa_json_dump(value: number): number;
  opa_value_dump(value: number): number;
  portcullis_builtin_error(text: number, length: number, ofType: number): void;
  portcullis_input(at: number, length: number): number;
  portcullis_start(input: number, data: number): void;
  portcullis_evaluate(entrypoint: number): number;
  rt_freeze(value: number): void;
};

/** What a module asks of its host; operands are addresses. */
export type HostFunctions = {
  /** `place` is the address of the call's `file:row:col: `, or 0. */
  callBuiltin(id: number, place: number, operands: readonly number[]): number;
  /** An instrumented module came to a position; docs/abi.md §3. */
  /** `values` is the address of an array, or 0. */
  onEvent(position: number, event: number, values: number): void;
  /** It told the value of a name: an address, or 0. */
  onValue(name: number, value: number): void;
  /** A builtin failed and is undefined. */
  onBuiltinError(error: PolicyError): void;
};

const encoder = new TextEncoder();

// Ids below zero are no builtins; docs/abi.md §3.
const fuelTick = -1;
const traceEvent = -2;
const traceValue = -3;

/** One instantiated module with its memory. */
export class Instance {
  readonly exports: Exports;
  readonly reader: ValueReader;
  readonly values: ExactValues;
  private readonly memory: WebAssembly.Memory;
  private readonly view: MemoryView;
  /** Of the run in progress. */
  private meter: Meter | undefined;
  /** What the globals of the sandbox were last set for. */
  private limited: Meter | undefined;

  private constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    host: HostFunctions,
  ) {
    this.memory = memory;
    this.view = new MemoryView(memory);
    this.reader = new ValueReader(this.view);
    this.values = new ExactValues(this.view, (size) =>
      this.exports.opa_malloc(size),
    );
    const builtin =
      () =>
      (id: number, place: number, ...operands: number[]): number =>
        id >= 0
          ? host.callBuiltin(id, place, operands)
          : this.own(host, id, operands);
    const env = {
      memory,
      opa_abort: (at: number): never => {
        throw toAbortError(this.text(at));
      },
      opa_println: (at: number): void => {
        host.onBuiltinError(toAbortError(this.text(at)));
      },
      opa_builtin0: builtin(),
      opa_builtin1: builtin(),
      opa_builtin2: builtin(),
      opa_builtin3: builtin(),
      opa_builtin4: builtin(),
    };
    const { exports } = new WebAssembly.Instance(module, { env });
    this.exports = exports as unknown as Exports;
  }

  static create(module: WebAssembly.Module, host: HostFunctions): Instance {
    // OPA's SDK starts with five pages; the module grows what it needs.
    return new Instance(module, allocateMemory(5), host);
  }

  private own(host: HostFunctions, id: number, operands: number[]): number {
    if (id === traceEvent) {
      const [position = 0, event = 0, values = 0] = operands;
      host.onEvent(position, event, values);
      return 0;
    }
    if (id === traceValue) {
      const [name = 0, value = 0] = operands;
      host.onValue(name, value);
      return 0;
    }
    return id === fuelTick ? this.refill() : 0;
  }

  private refill(): number {
    const { exports, meter } = this;
    if (!meter) {
      return 0;
    }
    meter.balance = exports.fuel.value as bigint;
    meter.refill();
    exports.fuel.value = meter.balance;
    return 1;
  }

  /** Writing a global from outside costs as much as a small rule: only what differs is. */
  private setLimits(meter: Meter): void {
    const { exports, limited } = this;
    if (meter.isLimited || limited !== meter) {
      exports.fuel.value = meter.balance;
    }
    if ((limited?.isLimited ?? false) !== meter.isLimited) {
      exports.fuel_tick.value = meter.isLimited ? 1 : 0;
    }
    const maxPages = meter.limits.memoryPages ?? 0;
    if ((limited?.limits.memoryPages ?? 0) !== maxPages) {
      exports.max_pages.value = maxPages;
    }
    this.limited = meter;
  }

  /** Runs `work` on what the meter has left; every failure is a PolicyError. */
  run<T>(meter: Meter, work: () => T): T {
    this.meter = meter;
    this.setLimits(meter);
    try {
      return work();
    } catch (error) {
      throw toTrapError(error);
    } finally {
      if (meter.isLimited) {
        meter.balance = this.exports.fuel.value as bigint;
      }
      this.meter = undefined;
    }
  }

  /** Copies bytes to the top of the heap; returns where they are. */
  place(bytes: Uint8Array): number {
    const at = this.exports.opa_malloc(bytes.length);
    this.view.refresh();
    this.view.bytes.set(bytes, at);
    return at;
  }

  /** Reads a document of UTF-8 JSON that stays; returns its address. */
  readDocument(json: Uint8Array): number {
    const at = this.place(json);
    const value = accepted(this.exports.opa_json_parse(at, json.length));
    this.exports.rt_freeze(value);
    return value;
  }

  /** Copies bytes to an address. */
  write(at: number, bytes: Uint8Array): void {
    this.view.refresh();
    this.view.bytes.set(bytes, at);
  }

  /** A copy of `length` bytes of memory. */
  bytes(at: number, length: number): Uint8Array {
    this.view.refresh();
    return this.view.bytes.slice(at, at + length);
  }

  /** NUL-terminated text. */
  text(at: number): string {
    this.view.refresh();
    return this.view.text(at);
  }

  /** Records why the host builtin in progress has no value. */
  failBuiltin(text: string, ofType: boolean): void {
    const bytes = encoder.encode(text);
    const at = this.place(bytes);
    this.exports.portcullis_builtin_error(at, bytes.length, ofType ? 1 : 0);
  }

  /** Names and ids of an object value from `builtins()` or `entrypoints()`. */
  ids(value: number): Map<string, number> {
    const object = this.reader.value(value) as Record<string, number>;
    return new Map(Object.entries(object));
  }

  /** Bytes of linear memory in use by the instance. */
  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }
}

/** The value of a reader, which is 0 for a text that is no document. */
export function accepted(value: number): number {
  if (value === 0) {
    throw new PolicyError(
      "eval_input_error",
      "the document is not one JSON value",
    );
  }
  return value;
}
