import { PolicyError } from "../error.ts";
import type { Limits } from "../evaluate/limits.ts";
import { Meter } from "../evaluate/meter.ts";
import type { ForeignModule } from "../wasm/foreign-module.ts";
import {
  type MeteredModule,
  meterModule,
  meterNames,
} from "../wasm/meter-module.ts";
import { tickReason } from "../wasm/tick-reason.ts";
import { Memory } from "./memory.ts";
import { fault } from "./require.ts";
import { Snapshot } from "./snapshot.ts";

/** What a module may grow to, whichever call it is. */
export type SandboxLimits = {
  /** Memory in pages of 64 KiB. */
  readonly memoryPages: number;
  /** Elements of each table. */
  readonly tableElements: number;
  /** Recursive calls in progress at a time. */
  readonly depth: number;
};

/** What one call came to; a failed one used fuel too. */
export type Answer<T> = { readonly fuel: number } & (
  | { readonly value: T }
  | { readonly error: PolicyError }
);

/** The module's exports as its ABI calls them; the loader has looked at their types. */
export type Calls = Readonly<
  Record<string, (...operands: readonly number[]) => number | bigint>
>;

/** What an ABI gives its module, and does with it. */
export type Binding = {
  /** Functions of the host by module and name. */
  imports(sandbox: Sandbox): WebAssembly.Imports;
  /** Brings a new instance to the state in which each call begins. */
  prepare(calls: Calls, memory: Memory): void;
};

/** What a module may use when it is loaded, before a request limits it. */
export const patience = { fuel: 1_000_000_000, deadlineMs: 10_000 };

// For the module's start function, which runs before the host can give any.
const startFuel = 10_000_000n;

// Enough for what an allocator takes in a usual call, little enough to clear.
const sparePages = 8;

/**
 * A foreign module that runs one call at a time, each on memory and globals as
 * they were when it was prepared: what a call leaves behind no other one sees.
 */
export class Sandbox {
  private readonly module: WebAssembly.Module;
  private readonly metered: MeteredModule;
  private readonly binding: Binding;
  private readonly imports: WebAssembly.Imports;
  private readonly depth: number;
  private instance: Running | undefined;
  /** Of the call in progress. */
  private meter = new Meter({});

  private constructor(
    module: WebAssembly.Module,
    metered: MeteredModule,
    binding: Binding,
    depth: number,
  ) {
    this.module = module;
    this.metered = metered;
    this.binding = binding;
    this.depth = depth;
    this.imports = {
      ...binding.imports(this),
      [meterNames.module]: {
        [meterNames.tick]: (reason: number) => this.tick(reason),
      },
    };
  }

  /**
   * Meters, compiles and prepares a module; the engine's own validation has the
   * last word. Throws what the module does wrong.
   */
  static async create(
    module: ForeignModule,
    limits: SandboxLimits,
    binding: Binding,
  ): Promise<Sandbox> {
    const metered = meterFor(module, limits);
    const compiled = await compileModule(metered.bytes);
    const sandbox = new Sandbox(compiled, metered, binding, limits.depth);
    const first = sandbox.run(patience, () => undefined);
    if ("error" in first) {
      throw first.error;
    }
    return sandbox;
  }

  /** Runs `work` on the prepared module; every failure is in the answer. */
  run<T>(limits: Limits, work: (calls: Calls, memory: Memory) => T): Answer<T> {
    const meter = new Meter(limits);
    this.meter = meter;
    try {
      const { calls, memory } = this.fresh(meter);
      const value = work(calls, memory);
      return { value, fuel: this.used() };
    } catch (cause) {
      return { error: toTrap(cause), fuel: this.used() };
    }
  }

  /** Memory of the call in progress, for functions of the host. */
  get memory(): Memory {
    return this.running.memory;
  }

  /** Exports of the call in progress, for functions of the host. */
  get calls(): Calls {
    return this.running.calls;
  }

  /** Takes fuel for what the host does in the module's name. */
  charge(fuel: number): void {
    const { running } = this;
    running.fuel.value = balanceOf(running) - BigInt(fuel);
    if (balanceOf(running) < 0n) {
      this.refill(running);
    }
  }

  /** What the host does in the module's name by the meter of the call in progress. */
  lend<T>(work: (meter: Meter) => T): T {
    const { meter, running } = this;
    meter.balance = balanceOf(running);
    try {
      return work(meter);
    } finally {
      running.fuel.value = meter.balance;
    }
  }

  /** A start function runs before there is an instance to work on. */
  private get running(): Running {
    if (!this.instance) {
      throw fault("the module calls its host before its first call");
    }
    return this.instance;
  }

  /** Fuel that the call in progress has used. */
  private used(): number {
    if (this.instance) {
      this.meter.balance = balanceOf(this.instance);
    }
    return this.meter.used;
  }

  /** The prepared state, with the call's first fuel. */
  private fresh(meter: Meter): Running {
    const { instance } = this;
    if (instance?.snapshot?.restore()) {
      instance.fuel.value = meter.balance;
      instance.depth.value = 0;
      return instance;
    }
    this.instance = undefined;
    const created = this.instantiate();
    this.instance = created;
    created.fuel.value = meter.balance;
    this.binding.prepare(created.calls, created.memory);
    const { state } = this.metered;
    created.snapshot =
      state && Snapshot.take(created.memory, globalsOf(created, state));
    return created;
  }

  private instantiate(): Running {
    const { exports } = new WebAssembly.Instance(this.module, this.imports);
    return {
      exports,
      calls: exports as Calls,
      memory: new Memory(exports[meterNames.memory] as WebAssembly.Memory),
      fuel: exports[meterNames.fuel] as WebAssembly.Global,
      depth: exports[meterNames.depth] as WebAssembly.Global,
      snapshot: undefined,
    };
  }

  private tick(reason: number): void {
    if (reason === tickReason.fuel && this.instance) {
      this.refill(this.instance);
      return;
    }
    throw new PolicyError("eval_limit_error", this.exceeded(reason));
  }

  private refill({ fuel }: Running): void {
    this.meter.balance = fuel.value as bigint;
    this.meter.refill();
    fuel.value = this.meter.balance;
  }

  private exceeded(reason: number): string {
    switch (reason) {
      case tickReason.depth:
        return `more than ${this.depth} recursive calls`;
      case tickReason.memory:
        return "memory limit exceeded";
      case tickReason.table:
        return "table limit exceeded";
      default:
        return "fuel exhausted before the first call";
    }
  }
}

/** Rewrites a module for these limits. */
export function meterFor(
  module: ForeignModule,
  { depth, memoryPages, tableElements }: SandboxLimits,
): MeteredModule {
  return meterModule(module, {
    pages: memoryPages,
    elements: tableElements,
    depth,
    sparePages,
    startFuel,
  });
}

type Running = {
  readonly exports: WebAssembly.Exports;
  readonly calls: Calls;
  readonly memory: Memory;
  readonly fuel: WebAssembly.Global;
  readonly depth: WebAssembly.Global;
  /** Undefined when each call needs an instance of its own. */
  snapshot: Snapshot | undefined;
};

function balanceOf({ fuel }: Running): bigint {
  return fuel.value as bigint;
}

function globalsOf(
  { exports }: Running,
  names: readonly string[],
): readonly WebAssembly.Global[] {
  return names.map((name) => exports[name] as WebAssembly.Global);
}

async function compileModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PolicyError(
      "guard_module_error",
      `the module is not valid: ${reason.replace(/^WebAssembly\.\w+\(\): /, "")}`,
      { cause },
    );
  }
}

/** What ended a call, as an error of ours. */
function toTrap(cause: unknown): PolicyError {
  if (cause instanceof PolicyError) {
    return cause;
  }
  if (cause instanceof RangeError) {
    return new PolicyError("eval_limit_error", "nested too deeply", { cause });
  }
  if (cause instanceof WebAssembly.RuntimeError) {
    const text = `the module trapped: ${cause.message}`;
    return new PolicyError("guard_module_error", text, { cause });
  }
  return PolicyError.from(cause);
}
