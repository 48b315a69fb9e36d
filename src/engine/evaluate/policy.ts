import { PolicyError } from "../error.ts";
import { Instance } from "./instance.ts";
import { createMeter, type Limits, type Meter } from "./limits.ts";
import { type PlainValue, stringify } from "./value-reader.ts";

export type { Limits };

/** Host builtins by name; operands and result are plain values, undefined is undefined. */
export type Builtins = Readonly<
  Record<string, (...operands: PlainValue[]) => unknown>
>;

export type PolicyOptions = {
  /** The base document: a JavaScript value, or UTF-8 JSON. */
  readonly data?: unknown;
  readonly builtins?: Builtins;
  /** Limits of every evaluation that sets none of its own. */
  readonly limits?: Limits;
  /** Milliseconds since 1970, for `time.now_ns`; one value a decision. */
  readonly clock?: () => number;
  /** Builtin errors end the evaluation instead of being undefined. */
  readonly strictBuiltinErrors?: boolean;
};

/** A document for one decision: UTF-8 JSON, Rego text, or a JavaScript value. */
type Input = Uint8Array | RegoText | unknown;

/**
 * Input in Rego's own syntax, so that sets and keys of any type survive. A class,
 * so that no document of a caller can pass for one.
 */
export class RegoText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A loaded policy. One decision at a time: evaluation is synchronous. */
export type Policy = {
  readonly entrypoints: readonly string[];
  /** The value of an entrypoint (the first by default), undefined where Rego has none. */
  evaluate(
    input: Input,
    options?: { readonly entrypoint?: string; readonly limits?: Limits },
  ): PlainValue | undefined;
  /** Begins a decision whose entrypoints share the parsed input and the rule cache. */
  start(input: Input, limits?: Limits): Decision;
  /** The whole result set of the first plan as JSON text: an array of bindings. */
  queryJson(input?: Uint8Array | RegoText): string;
  /** Bytes of sandbox memory. */
  readonly memoryBytes: number;
};

/** A decision in progress; valid until the next one starts. */
export type Decision = {
  evaluate(entrypoint: string, limits?: Limits): PlainValue | undefined;
  /** Exact JSON text, numbers as Rego has them. */
  evaluateJson(entrypoint: string, limits?: Limits): string | undefined;
};

const encoder = new TextEncoder();

/**
 * Loads a module once. Throws `bundle_load_error` for bytes that are no module
 * of ours, `eval_input_error` for data that is not JSON.
 */
export async function loadPolicy(
  wasm: Uint8Array,
  options: PolicyOptions = {},
): Promise<Policy> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(wasm as BufferSource);
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      "these bytes are no WebAssembly module",
      { cause },
    );
  }
  return new LoadedPolicy(module, options);
}

class LoadedPolicy implements Policy {
  readonly entrypoints: readonly string[];
  private readonly options: PolicyOptions;
  private readonly instance: Instance;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly data: number;
  private readonly heap: number;
  private now: bigint | undefined;

  constructor(module: WebAssembly.Module, options: PolicyOptions) {
    this.options = options;
    const names: string[] = [];
    this.instance = Instance.create(module, (id, operands) =>
      this.callBuiltin(names[id] ?? "", operands),
    );
    const { exports } = this.instance;
    this.ids = this.instance.ids(exports.entrypoints());
    for (const [name, id] of this.instance.ids(exports.builtins())) {
      names[id] = name;
    }
    this.entrypoints = [...this.ids.keys()];
    exports.strict_builtin_errors.value = options.strictBuiltinErrors ? 1 : 0;
    this.data = this.instance.run(createMeter({}), 0, () => {
      const value = this.parse(encodeInput(options.data ?? {}));
      exports.rt_freeze(value);
      return value;
    });
    this.heap = exports.opa_heap_ptr_get();
  }

  get memoryBytes(): number {
    return this.instance.memoryBytes;
  }

  evaluate(
    input: Input,
    {
      entrypoint,
      limits,
    }: { readonly entrypoint?: string; readonly limits?: Limits } = {},
  ): PlainValue | undefined {
    const chosen = entrypoint ?? this.entrypoints[0] ?? "";
    return this.start(input, limits).evaluate(chosen, limits);
  }

  start(input: Input, limits: Limits = this.options.limits ?? {}): Decision {
    this.begin(input, limits);
    return {
      evaluate: (entrypoint, own = limits) => {
        const value = this.result(entrypoint, own);
        return value === undefined
          ? undefined
          : this.instance.reader.value(value);
      },
      evaluateJson: (entrypoint, own = limits) => {
        const value = this.result(entrypoint, own);
        return value === undefined
          ? undefined
          : this.run(own, () =>
              this.instance.reader.text(
                this.instance.exports.opa_json_dump(value),
              ),
            );
      },
    };
  }

  queryJson(input?: Uint8Array | RegoText): string {
    const limits = this.options.limits ?? {};
    this.begin(input, limits);
    return this.run(limits, () => {
      const { exports, reader } = this.instance;
      return reader.text(exports.opa_json_dump(exports.portcullis_evaluate(0)));
    });
  }

  private begin(input: Input, limits: Limits): void {
    const { exports } = this.instance;
    this.now = undefined;
    exports.opa_heap_ptr_set(this.heap);
    this.run(limits, () => {
      const document = input === undefined ? 0 : this.parseInput(input);
      exports.portcullis_start(document, this.data);
    });
  }

  private run<T>(limits: Limits, work: () => T): T {
    const meter: Meter = createMeter(limits);
    return this.instance.run(meter, limits.memoryPages ?? 0, work);
  }

  private result(entrypoint: string, limits: Limits): number | undefined {
    const id = this.ids.get(entrypoint);
    if (id === undefined) {
      throw new PolicyError(
        "internal_error",
        `the policy has no entrypoint \`${entrypoint}\``,
      );
    }
    const { exports, reader } = this.instance;
    const set = this.run(limits, () => exports.portcullis_evaluate(id));
    const [first] = reader.items(set);
    return first === undefined ? undefined : reader.onlyMember(first);
  }

  private parseInput(input: Input): number {
    if (input instanceof RegoText) {
      const bytes = encoder.encode(input.text);
      return this.accepted(
        this.instance.exports.opa_value_parse(
          this.instance.place(bytes),
          bytes.length,
        ),
      );
    }
    return this.parse(encodeInput(input));
  }

  private parse(bytes: Uint8Array): number {
    const at = this.instance.place(bytes);
    return this.accepted(
      this.instance.exports.opa_json_parse(at, bytes.length),
    );
  }

  private accepted(value: number): number {
    if (value === 0) {
      throw new PolicyError(
        "eval_input_error",
        "the document is not one JSON value",
      );
    }
    return value;
  }

  private callBuiltin(name: string, operands: readonly number[]): number {
    const { reader } = this.instance;
    const given = this.options.builtins?.[name];
    if (given) {
      return this.write(
        given(...operands.map((operand) => reader.value(operand))),
      );
    }
    if (name === "time.now_ns") {
      this.now ??=
        BigInt(Math.round((this.options.clock ?? Date.now)() * 1_000)) * 1_000n;
      return this.write(this.now);
    }
    throw new PolicyError(
      "eval_builtin_error",
      `the host has no builtin \`${name}\``,
    );
  }

  private write(value: unknown): number {
    return value === undefined ? 0 : this.parse(encodeInput(value));
  }
}

function encodeInput(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : encoder.encode(stringify(value));
}
