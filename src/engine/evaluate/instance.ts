import { PolicyError } from "../error.ts";
import { toAbortError, toTrapError } from "./abort-error.ts";
import { ExactValues } from "./exact-values.ts";
import type { Meter } from "./limits.ts";
import { MemoryView } from "./memory-view.ts";
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
  portcullis_builtin_error(text: number, length: number, ofType: number): void;
  portcullis_start(input: number, data: number): void;
  portcullis_evaluate(entrypoint: number): number;
  rt_freeze(value: number): void;
};

/** Calls a host builtin by id with the addresses of its operands. */
export type CallBuiltin = (id: number, operands: readonly number[]) => number;

const encoder = new TextEncoder();

// The id of the runtime's question for more fuel; docs/abi.md §3.
const fuelTick = -1;

/** One instantiated module with its memory. */
export class Instance {
  readonly exports: Exports;
  readonly reader: ValueReader;
  readonly values: ExactValues;
  private readonly memory: WebAssembly.Memory;
  private readonly view: MemoryView;
  private meter: Meter | undefined;
  private failure: PolicyError | undefined;

  private constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    callBuiltin: CallBuiltin,
  ) {
    this.memory = memory;
    this.view = new MemoryView(memory);
    this.reader = new ValueReader(this.view);
    this.values = new ExactValues(this.view, (size) =>
      this.exports.opa_malloc(size),
    );
    const builtin =
      () =>
      (id: number, _context: number, ...operands: number[]): number =>
        id === fuelTick ? this.refill() : callBuiltin(id, operands);
    const env = {
      memory,
      opa_abort: (at: number): never => {
        throw this.fail(toAbortError(this.text(at)));
      },
      opa_println: (): void => {},
      opa_builtin0: builtin(),
      opa_builtin1: builtin(),
      opa_builtin2: builtin(),
      opa_builtin3: builtin(),
      opa_builtin4: builtin(),
    };
    const { exports } = new WebAssembly.Instance(module, { env });
    this.exports = exports as unknown as Exports;
  }

  static create(
    module: WebAssembly.Module,
    callBuiltin: CallBuiltin,
  ): Instance {
    // OPA's SDK starts with five pages; the module grows what it needs.
    const memory = new WebAssembly.Memory({ initial: 5 });
    return new Instance(module, memory, callBuiltin);
  }

  private fail(error: PolicyError): PolicyError {
    this.failure = error;
    return error;
  }

  private refill(): number {
    const more = this.meter?.next() ?? { exceeded: "fuel exhausted" };
    if ("exceeded" in more) {
      throw this.fail(new PolicyError("eval_limit_error", more.exceeded));
    }
    this.exports.fuel.value = more.fuel;
    return 1;
  }

  /** Runs `work` under the meter; every failure is a PolicyError. */
  run<T>(meter: Meter, maxPages: number, work: () => T): T {
    this.meter = meter;
    this.failure = undefined;
    this.exports.fuel.value = meter.first;
    this.exports.fuel_tick.value = meter.asks ? 1 : 0;
    this.exports.max_pages.value = maxPages;
    try {
      return work();
    } catch (error) {
      throw this.failure ?? toTrapError(error);
    } finally {
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
