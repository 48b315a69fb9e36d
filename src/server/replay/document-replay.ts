import {
  type AnalyseOptions,
  type CompiledPolicy,
  type CoverageReport,
  compile,
  coverageOf,
  entrypointOf,
  loadPolicy,
  type Policy,
  PolicyError,
  type RegoObject,
} from "../../engine/index.ts";
import { compareEndings, type Ending } from "./compare-values.ts";
import { lazily, pointersRead, type ReadsPointer } from "./input-paths.ts";
import { incomparable, type Judgement, same } from "./judgement.ts";
import type { RecordedWorld } from "./recorded-world.ts";
import type { DocumentEvent, Target } from "./replay-event.ts";

/** The Rego and data that decide again. */
export type ReplayDocuments = {
  readonly modules: Readonly<Record<string, string>>;
  readonly regoVersions: Readonly<Record<string, 0 | 1>>;
  readonly regoVersion: 0 | 1;
  readonly data: RegoObject;
};

type Evaluated = { readonly compiled: CompiledPolicy; readonly policy: Policy };

/** How one target is decided; or why it cannot be. */
type Decider =
  | {
      readonly decide: (event: DocumentEvent) => string | undefined;
      readonly reads: ReadsPointer;
    }
  | { readonly failure: string };

// Paths with a client's words in them must not make a module each without end.
const maxTargets = 1_000;

// A decision of a server has milliseconds.
const limits = { deadlineMs: 10_000 };

/** Decides what OPA has decided once more, by other Rego and data. */
export class DocumentReplay {
  readonly #documents: ReplayDocuments;
  readonly #world: RecordedWorld;
  readonly #instrument: { readonly coverage: boolean };
  readonly #deciders = new Map<string, Decider>();
  readonly #evaluated: Evaluated[] = [];

  constructor(
    documents: ReplayDocuments,
    world: RecordedWorld,
    coverage: boolean,
  ) {
    this.#documents = documents;
    this.#world = world;
    this.#instrument = { coverage };
  }

  /** Compiles what decides the targets: all paths that were not met before in one module. */
  async prepare(targets: readonly Target[]): Promise<void> {
    const wanted = new Map(targets.map((one) => [one.key, one]));
    const missing = [...wanted.values()].filter(
      (one) => one.text !== "" && !this.#deciders.has(one.key),
    );
    const taken = missing.slice(0, maxTargets - this.#deciders.size);
    const paths = taken.filter(({ kind }) => kind === "path");
    if (paths.length > 0) {
      await this.#preparePaths(paths);
    }
    for (const one of taken.filter(({ kind }) => kind === "query")) {
      await this.#prepareQuery(one);
    }
  }

  judge(event: DocumentEvent): Judgement {
    if (event.target.text === "") {
      return incomparable("the event names neither a path nor a query");
    }
    const decider = this.#deciders.get(event.target.key);
    if (decider === undefined) {
      return incomparable(`the logs ask for more than ${maxTargets} documents`);
    }
    if ("failure" in decider) {
      return incomparable(decider.failure);
    }
    const hidden = event.hidden.find((pointer) => decider.reads(pointer));
    if (hidden !== undefined) {
      return incomparable(`\`${hidden}\` was erased or masked`);
    }
    return this.#compare(event, decider.decide);
  }

  /** What the decisions have reached of the modules. */
  coverage(): CoverageReport | undefined {
    const [first, ...others] = this.#evaluated;
    return first && this.#instrument.coverage
      ? coverageOf(this.#documents, [first, ...others])
      : undefined;
  }

  #compare(
    event: DocumentEvent,
    decide: (event: DocumentEvent) => string | undefined,
  ): Judgement {
    this.#world.begin(event);
    let replayed: Ending;
    try {
      replayed = { json: decide(event) };
    } catch (error) {
      const { code, rawMessage } = PolicyError.from(error);
      if (code === "eval_input_error") {
        return incomparable("the event's input is no JSON");
      }
      replayed = { error: rawMessage };
    }
    const recorded = {
      json: event.result?.toString().trim(),
      error: event.error,
    };
    const change = compare(event.target, recorded, replayed);
    if (change === "unreadable") {
      return incomparable("the event's result is no JSON");
    }
    const unanswered = this.#world.unanswered();
    if (change && unanswered !== undefined) {
      return incomparable(`no answer of \`${unanswered}\` was recorded`);
    }
    return change ? { kind: "changed", change } : same;
  }

  /** One module for all, for most of it is the same. */
  async #preparePaths(targets: readonly Target[]): Promise<void> {
    const entrypoints = targets.map(targetEntrypoint);
    const evaluated = await this.#load({ entrypoints });
    if ("policy" in evaluated) {
      for (const target of targets) {
        const entrypoint = targetEntrypoint(target);
        this.#admit(target, (event) =>
          start(evaluated.policy, event).evaluateJson(entrypoint),
        );
      }
      return;
    }
    const [only] = targets;
    if (only && targets.length === 1) {
      this.#deciders.set(only.key, evaluated);
      return;
    }
    // One of them is to blame, which must not cost the others.
    for (const target of targets) {
      await this.#preparePaths([target]);
    }
  }

  async #prepareQuery(target: Target): Promise<void> {
    const evaluated = await this.#load({
      query: target.text,
      queryVersion: this.#documents.regoVersion,
    });
    if ("failure" in evaluated) {
      this.#deciders.set(target.key, evaluated);
      return;
    }
    this.#admit(target, (event) => {
      const bindings = start(evaluated.policy, event).queryJson();
      return bindings === "[]" && event.result === undefined
        ? undefined
        : bindings;
    });
  }

  #admit(
    target: Target,
    decide: (event: DocumentEvent) => string | undefined,
  ): void {
    this.#deciders.set(target.key, {
      decide,
      reads: lazily(() => pointersRead(queryOf(target), this.#analysed())),
    });
  }

  #analysed(): AnalyseOptions {
    return { ...this.#documents, builtins: this.#world.builtins };
  }

  async #load(
    asked:
      | { readonly entrypoints: readonly string[] }
      | { readonly query: string; readonly queryVersion: 0 | 1 },
  ): Promise<Evaluated | { readonly failure: string }> {
    const compiled = compile({
      ...this.#analysed(),
      ...asked,
      instrument: this.#instrument,
    });
    if ("errors" in compiled) {
      const text = compiled.errors.map(({ message }) => message).join("; ");
      return { failure: `it cannot be compiled: ${text}` };
    }
    const policy = await loadPolicy(compiled.policy.wasm, {
      data: this.#documents.data,
      builtins: this.#world.builtins,
      clock: this.#world.clock,
      limits,
    });
    const evaluated = { compiled: compiled.policy, policy };
    this.#evaluated.push(evaluated);
    return evaluated;
  }
}

function compare(target: Target, recorded: Ending, replayed: Ending) {
  try {
    return recorded.json === replayed.json && recorded.error === replayed.error
      ? undefined
      : compareEndings(nameOf(target), recorded, replayed);
  } catch {
    return "unreadable";
  }
}

function start(policy: Policy, { input, ndBuiltinCache }: DocumentEvent) {
  return policy.start(
    input,
    ndBuiltinCache === undefined ? {} : { ndBuiltinCache },
  );
}

function nameOf({ kind, text }: Target): string {
  return kind === "path" ? ["data", ...text.split("/")].join(".") : text;
}

function targetEntrypoint({ text }: Target): string {
  return entrypointOf(text.split("/"));
}

function queryOf({ kind, text }: Target): string {
  return kind === "path"
    ? `data${text
        .split("/")
        .map((name) => `[${JSON.stringify(name)}]`)
        .join("")}`
    : text;
}
