import { defaultSurroundings } from "../evaluate/host-calls.ts";
import type { ForeignModule } from "../wasm/foreign-module.ts";
import type {
  ForeignGuard,
  ForeignOptions,
  rawImports,
} from "./foreign-guard.ts";
import { GuardLog, lineLength } from "./guard-log.ts";
import { type Memory, tooLong } from "./memory.ts";
import {
  checkImports,
  fault,
  hasFunction,
  requireExports,
  requireMemory,
  type Shape,
} from "./require.ts";
import { type Binding, type Calls, Sandbox } from "./sandbox.ts";
import { longestVerdict, readVerdict } from "./verdict-json.ts";

/** The module that the raw ABI's imports are of. */
const importModule = "portcullis";

const abiVersion = 1;

const shapes: Readonly<Record<(typeof rawImports)[number], Shape>> = {
  log: "iii:",
  config: "iiii:i",
  now: ":I",
};

const encoder = new TextEncoder();

/** Loads a module of the raw guard ABI; docs/guard-abi.md describes it. */
export async function loadRawGuard(
  module: ForeignModule,
  options: ForeignOptions,
): Promise<ForeignGuard> {
  checkDeclared(module, options.imports ?? []);
  checkImports(module, { [importModule]: shapes });
  requireMemory(module);
  requireExports(module, {
    guard_abi_version: ":i",
    guard_alloc: "i:i",
    guard_evaluate: "ii:I",
  });
  const initializes = hasFunction(module, "_initialize");
  if (initializes) {
    requireExports(module, { _initialize: ":" });
  }
  const host = new RawHost(options, initializes);
  const sandbox = await Sandbox.create(module, options, host);
  return {
    abi: "raw",
    evaluate: (input, limits) => {
      host.begin();
      const answer = sandbox.run(limits, (calls, memory) =>
        ask(calls, memory, input),
      );
      return { ...answer, log: host.log.take() };
    },
  };
}

/** Hands the input over and takes the verdict. */
function ask(calls: Calls, memory: Memory, input: Uint8Array): unknown {
  const at = Number(calls["guard_alloc"]?.(input.length));
  memory.write(at, input, "the room for the input");
  const packed = calls["guard_evaluate"]?.(at, input.length) as bigint;
  return readVerdict(takeVerdict(memory, packed));
}

/** What is imported of our module must be declared in the manifest. */
function checkDeclared(
  module: ForeignModule,
  declared: readonly string[],
): void {
  for (const { module: from, name } of module.imports) {
    const isOurs = from === importModule && Object.hasOwn(shapes, name);
    if (isOurs && !declared.includes(name)) {
      throw fault(
        `the module imports \`${from}.${name}\`, which its manifest does not name`,
      );
    }
  }
}

/** The host's side of the ABI. */
class RawHost implements Binding {
  readonly log = new GuardLog();
  private readonly initializes: boolean;
  private readonly config: ReadonlyMap<string, Uint8Array>;
  private readonly clock: () => bigint;
  private time: bigint | undefined;

  constructor(options: ForeignOptions, initializes: boolean) {
    this.initializes = initializes;
    this.clock = options.surroundings?.clock ?? defaultSurroundings.clock;
    this.config = new Map(
      Object.entries(options.config ?? {}).map(([key, value]) => [
        key,
        encoder.encode(value),
      ]),
    );
  }

  /** Forgets the call before. */
  begin(): void {
    this.time = undefined;
    this.log.take();
  }

  imports(sandbox: Sandbox): WebAssembly.Imports {
    return {
      [importModule]: {
        log: (level: number, at: number, length: number) => {
          const kept = lineLength(length);
          sandbox.charge(hostCall + kept);
          const text = sandbox.memory.lossy(at, kept, "a line of the log");
          this.log.write(level, text);
        },
        config: (...operands: number[]) => {
          sandbox.charge(hostCall);
          return this.configure(sandbox.memory, operands);
        },
        now: () => {
          sandbox.charge(hostCall);
          this.time ??= this.clock();
          return this.time;
        },
      },
    };
  }

  prepare(calls: Calls): void {
    if (this.initializes) {
      calls["_initialize"]?.();
    }
    const version = calls["guard_abi_version"]?.();
    if (version !== abiVersion) {
      throw fault(
        `the module speaks version ${version} of the guard ABI, not 1`,
      );
    }
  }

  /** The length of a value, or -1; it is written when there is room for all of it. */
  private configure(
    memory: Memory,
    [at = 0, length = 0, to = 0, room = 0]: readonly number[],
  ): number {
    if (length >>> 0 > longestKey) {
      throw tooLong("a key of the configuration", longestKey);
    }
    const key = memory.text(at, length, "a key of the configuration");
    const value = this.config.get(key);
    if (value && value.length <= room >>> 0) {
      memory.write(to, value, "the room for a value of the configuration");
    }
    return value?.length ?? -1;
  }
}

// What a call of the host costs at least, in instructions.
const hostCall = 100;
const longestKey = 1_024;

/** The text at an address in the high and a length in the low half. */
function takeVerdict(memory: Memory, packed: bigint): string {
  const at = Number(BigInt.asUintN(32, packed >> 32n));
  const length = Number(BigInt.asUintN(32, packed));
  if (length > longestVerdict) {
    throw tooLong("the verdict", longestVerdict);
  }
  return memory.text(at, length, "the verdict");
}
