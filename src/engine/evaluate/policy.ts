import { type HostBuiltin, OperandError } from "../builtins/host-builtin.ts";
import type { CoverageMarks } from "../compile.ts";
import { PolicyError } from "../error.ts";
import { RegoObject, type Value } from "../value.ts";
import { toJson } from "../value-json.ts";
import { toLocation } from "./abort-error.ts";
import { type DataImage, placeDataImage } from "./data-image.ts";
import { LoadedDecision } from "./decision.ts";
import { HostCalls, type Surroundings, toBuiltinError } from "./host-calls.ts";
import { accepted, Instance } from "./instance.ts";
import type { Limits } from "./limits.ts";
import { meterOf } from "./meter.ts";
import { Session } from "./session.ts";
import { type PlainValue, stringify } from "./value-reader.ts";

export type { Limits, Surroundings };

export type PolicyOptions = Surroundings & {
  /** The base document: a JavaScript value, Rego's own, or UTF-8 JSON. */
  readonly data?: unknown;
  /** The same in place of `data`, read already for this very module. */
  readonly image?: DataImage;
  /** Waits between the slices in which an image is copied. */
  readonly pause?: () => Promise<void>;
  /** What the module's host builtins do; `time.now_ns` is always there. */
  readonly builtins?: readonly HostBuiltin[];
  /** Limits of every evaluation that sets none of its own. */
  readonly limits?: Limits;
  /** Builtin errors end the evaluation instead of being undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** Hears each error of a builtin that leaves it undefined. */
  readonly onBuiltinError?: (error: PolicyError) => void;
  /**
   * Hears each step of a module that was compiled with `instrument.trace`: an
   * index of `traceEvents` at an index of `positions`, with the values that
   * belong to it.
   */
  readonly onEvent?: (
    position: number,
    event: number,
    values: () => readonly Value[],
  ) => void;
  /**
   * Hears what a name of `observedNames` holds, in a module that was compiled
   * with `instrument.values`: the address of a value, or 0 when it holds nothing.
   */
  readonly onValue?: (name: number, address: number) => void;
  /** Hears when an evaluation begins, or begins again after a builtin answered. */
  readonly onStart?: () => void;
};

/** A document for one decision: UTF-8 JSON, Rego text, or a JavaScript value. */
export type Input = Uint8Array | RegoText | unknown;

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

export type DecisionOptions = {
  /** Limits of each evaluation that sets none of its own. */
  readonly limits?: Limits;
  /**
   * The `nd_builtin_cache` of an earlier decision as JSON text: builtins that
   * it has an answer for give that one again.
   */
  readonly ndBuiltinCache?: string;
};

type EntrypointOptions = {
  readonly entrypoint?: string;
  readonly limits?: Limits;
};

/**
 * A loaded policy. Evaluation is synchronous; where a builtin answers later
 * (`http.send`), only the `…Async` forms have a value.
 */
export type Policy = {
  readonly entrypoints: readonly string[];
  /** The value of an entrypoint (the first by default), undefined where Rego has none. */
  evaluate(input: Input, options?: EntrypointOptions): PlainValue | undefined;
  evaluateAsync(
    input: Input,
    options?: EntrypointOptions,
  ): Promise<PlainValue | undefined>;
  /** The value with nothing lost: sets, numbers, keys of any type. */
  evaluateExactAsync(
    input: Input,
    entrypoint: string,
  ): Promise<Value | undefined>;
  /** Begins a decision whose entrypoints share the parsed input and the rule cache. */
  start(input: Input, options?: DecisionOptions): Decision;
  /** The whole result set of the first plan as JSON text: an array of bindings. */
  queryJson(input?: Uint8Array | RegoText): string;
  queryJsonAsync(input?: Uint8Array | RegoText): Promise<string>;
  /**
   * Of a module that was compiled with `instrument.coverage`: one byte a
   * position, not zero once any evaluation reached it.
   */
  covered(marks: CoverageMarks): Uint8Array;
  /** The value that `onValue` told of, until the next evaluation begins. */
  valueAt(address: number): Value;
  /** Bytes of sandbox memory. */
  readonly memoryBytes: number;
  /** Bytes that the last evaluation took of the arena, its input included. */
  readonly arenaBytes: number;
};

/**
 * A decision: one time, one answer of the outside to the same question. Another
 * one may begin before it ends; it then parses its input again.
 */
export type Decision = {
  evaluate(entrypoint: string, limits?: Limits): PlainValue | undefined;
  /** The deadline covers the builtins that are awaited. */
  evaluateAsync(
    entrypoint: string,
    limits?: Limits,
  ): Promise<PlainValue | undefined>;
  /** Exact JSON text, numbers as Rego has them. */
  evaluateJson(entrypoint: string, limits?: Limits): string | undefined;
  evaluateJsonAsync(
    entrypoint: string,
    limits?: Limits,
  ): Promise<string | undefined>;
  /** The whole result set of the first plan as JSON text: an array of bindings. */
  queryJson(): string;
  queryJsonAsync(): Promise<string>;
  /**
   * OPA's `nd_builtin_cache` as JSON text: what nondeterministic builtins
   * answered. Undefined when none was asked.
   */
  ndBuiltinCache(): string | undefined;
};

const encoder = new TextEncoder();

/**
 * Loads a module once. Throws `bundle_load_error` for bytes that are no module
 * of ours, `eval_input_error` for data that is not JSON.
 */
export async function loadPolicy(
  wasm: Uint8Array | WebAssembly.Module,
  options: PolicyOptions = {},
): Promise<Policy> {
  const module =
    wasm instanceof WebAssembly.Module ? wasm : await toModule(wasm);
  const policy = new LoadedPolicy(module, options);
  const { image, pause = async () => {} } = options;
  if (image !== undefined) {
    await placeDataImage(policy.instance, image, pause);
  }
  return policy;
}

/** The module of some bytes: one can be loaded often, and sent to other threads. */
export async function toModule(wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(wasm as BufferSource);
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      "these bytes are no WebAssembly module",
      { cause },
    );
  }
}

function builtinErrorMode(options: PolicyOptions): number {
  return options.strictBuiltinErrors ? 1 : options.onBuiltinError ? 2 : 0;
}

/** One instance; decisions take turns. */
export class LoadedPolicy implements Policy {
  readonly entrypoints: readonly string[];
  readonly instance: Instance;
  readonly limits: Limits;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly calls: HostCalls;
  private readonly data: number;
  private readonly heap: number;
  /** Whose documents are in the sandbox. */
  private current: LoadedDecision | undefined;
  private readonly onStart: () => void;

  constructor(module: WebAssembly.Module, options: PolicyOptions) {
    this.limits = options.limits ?? {};
    this.onStart = options.onStart ?? (() => {});
    this.instance = Instance.create(module, {
      callBuiltin: (id, place, operands) =>
        this.callBuiltin(id, place, operands),
      onEvent: (position, event, values) =>
        options.onEvent?.(position, event, () => this.readAll(values)),
      onValue: options.onValue ?? (() => {}),
      onBuiltinError: options.onBuiltinError ?? (() => {}),
    });
    const { exports } = this.instance;
    this.ids = this.instance.ids(exports.entrypoints());
    const names: string[] = [];
    for (const [name, id] of this.instance.ids(exports.builtins())) {
      names[id] = name;
    }
    this.calls = new HostCalls(names, options.builtins ?? [], options);
    this.entrypoints = [...this.ids.keys()];
    exports.strict_builtin_errors.value = builtinErrorMode(options);
    this.data = this.loadData(options);
    this.heap = exports.opa_heap_ptr_get();
  }

  /** Reads the base document, or makes room for its image; returns its address. */
  private loadData({ data, image }: PolicyOptions): number {
    if (image === undefined) {
      const json = encodeInput(data ?? {});
      return this.instance.run(meterOf({}), () =>
        this.instance.readDocument(json),
      );
    }
    const { exports } = this.instance;
    if (exports.opa_heap_ptr_get() !== image.base) {
      throw new PolicyError(
        "internal_error",
        "an image of data belongs to another module",
      );
    }
    this.instance.run(meterOf({}), () =>
      exports.opa_heap_ptr_set(image.base + image.bytes.length),
    );
    return image.value;
  }

  get memoryBytes(): number {
    return this.instance.memoryBytes;
  }

  get arenaBytes(): number {
    return this.instance.exports.opa_heap_ptr_get() - this.heap;
  }

  evaluate(
    input: Input,
    { entrypoint, limits }: EntrypointOptions = {},
  ): PlainValue | undefined {
    return this.start(input, limits && { limits }).evaluate(
      entrypoint ?? this.entrypoints[0] ?? "",
    );
  }

  evaluateAsync(
    input: Input,
    { entrypoint, limits }: EntrypointOptions = {},
  ): Promise<PlainValue | undefined> {
    return this.decision(input, limits && { limits }).evaluateAsync(
      entrypoint ?? this.entrypoints[0] ?? "",
    );
  }

  evaluateExactAsync(
    input: Input,
    entrypoint: string,
  ): Promise<Value | undefined> {
    return this.decision(input).evaluateExactAsync(entrypoint);
  }

  start(input: Input, options?: DecisionOptions): LoadedDecision {
    const decision = this.decision(input, options);
    this.enter(decision);
    return decision;
  }

  queryJson(input?: Uint8Array | RegoText): string {
    return this.decision(input).queryJson();
  }

  queryJsonAsync(input?: Uint8Array | RegoText): Promise<string> {
    return this.decision(input).queryJsonAsync();
  }

  private decision(input: Input, options: DecisionOptions = {}) {
    const session = new Session(this.calls.clock, options.ndBuiltinCache);
    return new LoadedDecision(this, {
      input,
      session,
      limits: options.limits ?? this.limits,
    });
  }

  /** Puts the documents of a decision into the sandbox, unless they are there. */
  enter(decision: LoadedDecision): void {
    if (this.current === decision) {
      return;
    }
    this.current = undefined;
    this.onStart();
    const { exports } = this.instance;
    exports.opa_heap_ptr_set(this.heap);
    this.instance.run(decision.meter(decision.limits), () => {
      const { input } = decision;
      const document = input === undefined ? 0 : this.parseInput(input);
      exports.portcullis_start(document, this.data);
    });
    this.current = decision;
  }

  /** What is in the sandbox after a failure is of no use. */
  leave(): void {
    this.current = undefined;
  }

  /** The id of an entrypoint. */
  id(entrypoint: string): number {
    const id = this.ids.get(entrypoint);
    if (id === undefined) {
      throw new PolicyError(
        "internal_error",
        `the policy has no entrypoint \`${entrypoint}\``,
      );
    }
    return id;
  }

  private parseInput(input: Input): number {
    if (input instanceof RegoText) {
      const bytes = encoder.encode(input.text);
      return accepted(
        this.instance.exports.opa_value_parse(
          this.instance.place(bytes),
          bytes.length,
        ),
      );
    }
    const bytes = encodeInput(input);
    return accepted(
      this.instance.exports.portcullis_input(
        this.instance.place(bytes),
        bytes.length,
      ),
    );
  }

  valueAt(address: number): Value {
    return this.instance.values.read(address);
  }

  covered({ coverage, positions }: CoverageMarks): Uint8Array {
    return this.instance.bytes(coverage, positions.length);
  }

  private readAll(array: number): readonly Value[] {
    const { reader, values } = this.instance;
    const items = array === 0 ? [] : reader.items(array);
    return items.map((address) => values.read(address));
  }

  private callBuiltin(
    id: number,
    place: number,
    addresses: readonly number[],
  ): number {
    const { values } = this.instance;
    const session = this.current?.session;
    if (!session) {
      throw new PolicyError("internal_error", "a builtin outside a decision");
    }
    const given = this.calls.isPacked(id)
      ? this.instance.reader.items(addresses[0] ?? 0)
      : addresses;
    const operands = given.map((address) => values.read(address));
    try {
      const value = this.calls.call(id, operands, session, () =>
        toLocation(this.instance.text(place)),
      );
      return value === undefined ? 0 : values.write(value);
    } catch (thrown) {
      const error = toBuiltinError(thrown);
      if (!error) {
        throw thrown;
      }
      this.instance.failBuiltin(error.message, error instanceof OperandError);
      return 0;
    }
  }
}

/** A document as UTF-8 JSON. */
export function encodeInput(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) {
    return value;
  }
  const text = value instanceof RegoObject ? toJson(value) : stringify(value);
  return encoder.encode(text);
}
