import { PolicyError } from "../error.ts";
import { toAbortError } from "../evaluate/abort-error.ts";
import { accepted } from "../evaluate/instance.ts";
import type { Session } from "../evaluate/session.ts";
import type { ForeignModule } from "../wasm/foreign-module.ts";
import { BuiltinBridge } from "./builtin-bridge.ts";
import type { ForeignGuard, ForeignOptions } from "./foreign-guard.ts";
import { GuardLog } from "./guard-log.ts";
import type { Memory } from "./memory.ts";
import {
  checkImports,
  fault,
  hasFunction,
  requireExports,
  requireMemory,
  type Shape,
} from "./require.ts";
import { type Binding, type Calls, patience, Sandbox } from "./sandbox.ts";
import { longestVerdict, readVerdict } from "./verdict-json.ts";

/** OPA's imports, of the module `env`. */
const imports: Readonly<Record<string, Shape>> = {
  opa_abort: "i:",
  opa_println: "i:",
  opa_builtin0: "ii:i",
  opa_builtin1: "iii:i",
  opa_builtin2: "iiii:i",
  opa_builtin3: "iiiii:i",
  opa_builtin4: "iiiiii:i",
};

/** What every version of OPA's ABI exports, as far as it is used here. */
const needed: Readonly<Record<string, Shape>> = {
  eval: "i:i",
  builtins: ":i",
  entrypoints: ":i",
  opa_malloc: "i:i",
  opa_json_parse: "ii:i",
  opa_json_dump: "i:i",
  opa_eval_ctx_new: ":i",
  opa_eval_ctx_set_input: "ii:",
  opa_eval_ctx_set_data: "ii:",
  opa_eval_ctx_set_entrypoint: "ii:",
  opa_eval_ctx_get_result: "i:i",
};

/** Loads a module of OPA's ABI 1.0 to 1.3, as `opa build -t wasm` makes it. */
export async function loadOpaGuard(
  module: ForeignModule,
  options: ForeignOptions,
): Promise<ForeignGuard> {
  checkImports(module, { env: imports });
  // Until 1.1 the memory that the host lent was not shown.
  if (!module.imports.some(({ kind }) => kind === "memory")) {
    requireMemory(module);
  }
  requireExports(module, needed);
  const values = ["opa_value_dump", "opa_value_parse"].every((name) =>
    hasFunction(module, name),
  );
  const host = new OpaHost(options, values);
  const sandbox = await Sandbox.create(module, options, host);
  const told = sandbox.run(patience, (calls, memory) => ({
    builtins: idsOf(calls, memory, "builtins"),
    entrypoints: idsOf(calls, memory, "entrypoints"),
  }));
  if ("error" in told) {
    throw told.error;
  }
  host.connect(told.value.builtins);
  const entrypoint = chooseEntrypoint(told.value.entrypoints, options);
  // The module's own memory is limited by its code.
  const memoryPages = Math.max(options.memoryPages, fewestBuiltinPages);
  return {
    abi: "opa",
    evaluate: (input, limits) => {
      host.begin();
      const allowed = { ...limits, memoryPages };
      const answer = sandbox.run(allowed, (calls, memory) =>
        readResult(host.evaluate(calls, memory, { input, entrypoint })),
      );
      return { ...answer, log: host.log.take() };
    },
  };
}

/** Names and ids that a module tells. */
function idsOf(
  calls: Calls,
  memory: Memory,
  list: "builtins" | "entrypoints",
): ReadonlyMap<string, number> {
  const at = Number(calls["opa_json_dump"]?.(Number(calls[list]?.())));
  const told = readVerdict(memory.terminated(at, longestList, `its ${list}`));
  return new Map(Object.entries(told ?? {}));
}

function chooseEntrypoint(
  entrypoints: ReadonlyMap<string, number>,
  { entrypoint }: ForeignOptions,
): number {
  const names = [...entrypoints.keys()];
  const [only, another] = names;
  const wanted = entrypoint ?? (another === undefined ? only : undefined);
  const id = wanted === undefined ? undefined : entrypoints.get(wanted);
  if (id === undefined) {
    const listed = names.map((name) => `\`${name}\``).join(", ");
    throw fault(
      wanted === undefined
        ? `the module has several entrypoints, of which the manifest names none: ${listed}`
        : `the module has no entrypoint \`${wanted}\`, but ${listed}`,
    );
  }
  return id;
}

/** The value of the only binding of a result set; undefined where it is empty. */
function readResult(text: string): unknown {
  const set = readVerdict(text);
  if (!Array.isArray(set)) {
    throw new PolicyError("guard_verdict_error", "the result is no result set");
  }
  const [first] = set;
  return first?.result;
}

const longestList = 1 << 20;
const longestText = 4_096;
const emptyDocument = new TextEncoder().encode("{}");
const encoder = new TextEncoder();

/** The host's side of OPA's ABI. */
class OpaHost implements Binding {
  readonly log = new GuardLog();
  private readonly options: ForeignOptions;
  /** Whether the module reads and writes Rego's own text, in which sets are sets. */
  private readonly hasValues: boolean;
  private names: readonly string[] = [];
  private bridge: BuiltinBridge | undefined;
  private session: Session | undefined;
  private isInBuiltin = false;
  /** Address of the base document. */
  private data = 0;

  constructor(options: ForeignOptions, hasValues: boolean) {
    this.options = options;
    this.hasValues = hasValues;
  }

  /** Finds what does the module's builtins; one that nothing does is refused by name. */
  connect(builtins: ReadonlyMap<string, number>): void {
    const names: string[] = [];
    for (const [name, id] of builtins) {
      names[id] = name;
    }
    this.names = names;
    this.bridge = new BuiltinBridge(
      [...builtins.keys()],
      this.options,
      this.hasValues,
    );
  }

  begin(): void {
    this.session = this.bridge?.session();
    this.isInBuiltin = false;
    this.log.take();
  }

  imports(sandbox: Sandbox): WebAssembly.Imports {
    const builtin = (...operands: number[]) => this.call(sandbox, operands);
    return {
      env: {
        opa_abort: (at: number): never => {
          throw aborted(sandbox.memory.terminated(at, longestText, "its text"));
        },
        opa_println: (at: number): void => {
          const text = sandbox.memory.terminated(at, longestText, "its text");
          sandbox.charge(text.length);
          this.log.write(0, text);
        },
        opa_builtin0: builtin,
        opa_builtin1: builtin,
        opa_builtin2: builtin,
        opa_builtin3: builtin,
        opa_builtin4: builtin,
      },
    };
  }

  prepare(calls: Calls, memory: Memory): void {
    const data = this.options.data ?? emptyDocument;
    this.data = place(calls, memory, { bytes: data, parser: "opa_json_parse" });
  }

  evaluate(
    calls: Calls,
    memory: Memory,
    asked: { readonly input: Uint8Array; readonly entrypoint: number },
  ): string {
    const input = place(calls, memory, {
      bytes: asked.input,
      parser: "opa_json_parse",
    });
    const context = Number(calls["opa_eval_ctx_new"]?.());
    calls["opa_eval_ctx_set_input"]?.(context, input);
    calls["opa_eval_ctx_set_data"]?.(context, this.data);
    calls["opa_eval_ctx_set_entrypoint"]?.(context, asked.entrypoint);
    const failed = Number(calls["eval"]?.(context));
    if (failed !== 0) {
      throw fault(`the module's evaluation fails with ${failed}`);
    }
    const result = Number(calls["opa_eval_ctx_get_result"]?.(context));
    const text = Number(calls["opa_json_dump"]?.(result));
    return memory.terminated(text, longestVerdict, "the verdict");
  }

  /** A builtin that the module calls; 0 where it has no value. */
  private call(sandbox: Sandbox, operands: readonly number[]): number {
    const [id = -1, , ...addresses] = operands;
    const name = this.names[id];
    if (!this.bridge || !this.session || name === undefined) {
      throw fault(`the module calls a builtin ${id} that it did not name`);
    }
    if (this.isInBuiltin) {
      throw fault("the module calls a builtin while its host works for one");
    }
    this.isInBuiltin = true;
    const { calls, memory } = sandbox;
    const texts = addresses.map((address) => this.dump(calls, memory, address));
    const length = texts.reduce((sum, text) => sum + text.length, hostCall);
    sandbox.charge(length);
    const { bridge, session } = this;
    const value = sandbox.lend((meter) =>
      bridge.call(name, texts, session, meter),
    );
    const result =
      value === undefined
        ? 0
        : place(calls, memory, {
            bytes: encoder.encode(value),
            parser: this.parser,
          });
    this.isInBuiltin = false;
    return result;
  }

  private get parser(): string {
    return this.hasValues ? "opa_value_parse" : "opa_json_parse";
  }

  private dump(calls: Calls, memory: Memory, address: number): string {
    const writer = this.hasValues ? "opa_value_dump" : "opa_json_dump";
    const at = Number(calls[writer]?.(address));
    return memory.terminated(at, longestList, "an operand");
  }
}

// What a builtin costs at least, in instructions.
const hostCall = 1_000;

// What the host's builtins may have in any case: our runtime takes some of it.
const fewestBuiltinPages = 32;

type Text = {
  readonly bytes: Uint8Array;
  /** The export that reads it. */
  readonly parser: string;
};

/** The address of the value of a text that the module reads. */
function place(calls: Calls, memory: Memory, { bytes, parser }: Text): number {
  const at = Number(calls["opa_malloc"]?.(bytes.length));
  memory.write(at, bytes, "the room for a document");
  return accepted(Number(calls[parser]?.(at, bytes.length)));
}

/** An abort with a code of ours or OPA's keeps it; any other is the module's fault. */
function aborted(text: string): PolicyError {
  const error = toAbortError(text);
  return error.code === "internal_error"
    ? fault(`the module aborted: ${text}`)
    : error;
}
