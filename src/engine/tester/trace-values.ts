import type { Instrumentation } from "../compile.ts";
import type { ShownExpression, ShownTerm, ShownValue } from "../ir/shown.ts";
import type { Location } from "../source.ts";
import { isArray, RegoObject, RegoSet, type Value } from "../value.ts";
import { parseJson, toRego } from "../value-json.ts";
import type { RecordedStep, TraceStep } from "./trace-steps.ts";

/** A part of an expression with its value; undefined when it has none. */
export type PartValue = {
  readonly location: Location;
  readonly value: Value | undefined;
};

/** The expression that made a test fail, with the values in it. */
export type FailedExpression = {
  /** Where the part of it stands that failed. */
  readonly at: Location;
  /** All of it, as its author wrote it. */
  readonly location: Location;
  readonly parts: readonly PartValue[];
  /** Of an equation what should have been equal. */
  readonly sides: readonly [Side, Side] | undefined;
};

type Side = { readonly value: Value; readonly isLiteral: boolean };

type Addresses = ReadonlyMap<string, number>;

type Observed = {
  readonly shown: ShownExpression;
  /** Compiler's name → address of the value. */
  readonly variables: Addresses;
  /** Text of the path → address of the value. */
  readonly documents: Addresses;
};

/** The names that the author wrote, by those of the compiler. */
type Written = ReadonlyMap<string, string>;

/**
 * Keeps with the steps of a trace what the names in them held. Values are read
 * when they are asked for, which must be before the next evaluation begins.
 */
export class TraceValues {
  private readonly instrumentation: Instrumentation;
  private readonly written: Written;
  private readonly readAt: (address: number) => Value;
  /** By the order of the step. */
  private readonly observed = new Map<number, Observed>();
  private readonly documents = new Map<string, number>();
  private readonly known = new Map<number, Value>();
  private pending = new Map<string, number>();
  /** What the variables held when they were told of last. */
  private readonly latest = new Map<string, number>();

  constructor(
    instrumentation: Instrumentation,
    readAt: (address: number) => Value,
  ) {
    this.instrumentation = instrumentation;
    this.written = instrumentation.written;
    this.readAt = readAt;
  }

  begin(): void {
    this.observed.clear();
    this.documents.clear();
    this.known.clear();
    this.pending = new Map();
    this.latest.clear();
  }

  /** A name's value; names of documents have a blank in them, variables none. */
  value(index: number, address: number): void {
    const name = this.instrumentation.observedNames[index] ?? "";
    if (!name.includes(" ")) {
      this.pending.set(name, address);
      this.latest.set(name, address);
    } else if (address === 0) {
      this.documents.delete(name);
    } else {
      this.documents.set(name, address);
    }
  }

  /** The values told last belong to this step. */
  attach(order: number | undefined, index: number): void {
    if (order !== undefined) {
      this.observe(order, index, this.pending);
    }
    this.pending = new Map();
  }

  /** A step that is no event of its own: its names hold what they held last. */
  assume({ order, position }: RecordedStep): void {
    const { shown } = this.instrumentation.positions[position] ?? {};
    const held = shown?.names.flatMap((name) => {
      const address = this.latest.get(name);
      return address === undefined ? [] : [[name, address] as const];
    });
    this.observe(order, position, new Map(held));
  }

  private observe(order: number, index: number, variables: Addresses): void {
    const { shown, generation } = this.instrumentation.positions[index] ?? {};
    if (!shown) {
      return;
    }
    const documents = new Map<string, number>();
    for (const { text } of shown.documents) {
      const address = this.documents.get(`${generation} ${text}`);
      if (address !== undefined) {
        documents.set(text, address);
      }
    }
    this.observed.set(order, { shown, variables, documents });
  }

  /** The names in a step that have a value, with it, in their order. */
  ofStep({ order }: TraceStep): readonly (readonly [string, string])[] {
    const observed = this.observed.get(order);
    if (!observed) {
      return [];
    }
    const named = [
      ...observed.documents,
      ...observed.shown.names.flatMap((name) => {
        const address = observed.variables.get(name);
        return address === undefined
          ? []
          : [[this.nameOf(name), address] as const];
      }),
    ];
    return named
      .map(([name, address]) => [name, toRego(this.read(address))] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  private nameOf(name: string): string {
    const shown = this.written.get(name) ?? name;
    return shown.startsWith("$") ? "_" : shown;
  }

  /** The last expression of these steps that failed, but for the query's own. */
  failure(steps: readonly TraceStep[]): FailedExpression | undefined {
    const last = steps.findLast(
      ({ op, order, ...step }) =>
        op === "fail" &&
        step.location?.file !== "" &&
        this.observed.get(order)?.shown.isEvery === false,
    );
    const observed = last && this.observed.get(last.order);
    const { location: at } = last ?? {};
    if (!observed || !at) {
      return undefined;
    }
    const { location } = observed.shown;
    const parts = this.parts(observed);
    return { at, location, parts, sides: this.sides(observed) };
  }

  private parts({ documents, shown, variables }: Observed): PartValue[] {
    const found = new Map<string, PartValue>();
    for (const { text, location } of shown.documents) {
      const address = documents.get(text);
      if (address !== undefined) {
        const value = this.read(address);
        found.set(location.text ?? text, { location, value });
      }
    }
    for (const term of shown.terms) {
      const title = term.location.text ?? term.name;
      const value = this.termValue(term, variables);
      const isShown =
        value !== undefined ||
        (term.keys.length === 0 &&
          (term.undefinedIfUnknown || this.written.has(term.name)));
      if (isShown && found.get(title)?.value === undefined) {
        found.set(title, { location: term.location, value });
      }
    }
    return [...found.values()];
  }

  private termValue(
    { keys, name }: ShownTerm,
    variables: Addresses,
  ): Value | undefined {
    const base = this.valueOf({ kind: "var", value: name }, variables);
    return keys.reduce<Value | undefined>((value, key) => {
      const member = this.valueOf(key, variables);
      return value === undefined || member === undefined
        ? undefined
        : select(value, member);
    }, base);
  }

  private sides({ shown, variables }: Observed): FailedExpression["sides"] {
    if (!shown.sides) {
      return undefined;
    }
    const [left, right] = shown.sides.map((side) => ({
      value: this.valueOf(side, variables),
      isLiteral: side.kind !== "var",
    }));
    return left?.value !== undefined && right?.value !== undefined
      ? [
          { ...left, value: left.value },
          { ...right, value: right.value },
        ]
      : undefined;
  }

  private valueOf(shown: ShownValue, variables: Addresses): Value | undefined {
    switch (shown.kind) {
      case "var": {
        const address = variables.get(shown.value);
        return address === undefined ? undefined : this.read(address);
      }
      case "null":
        return null;
      case "boolean":
      case "string":
        return shown.value;
      case "number":
        return parseJson(shown.value);
      case "array":
      case "set": {
        const items = shown.value.map((one) => this.valueOf(one, variables));
        const known = items.filter((item) => item !== undefined);
        if (known.length < items.length) {
          return undefined;
        }
        return shown.kind === "array" ? known : RegoSet.of(known);
      }
      case "object":
        return this.objectOf(shown.value, variables);
    }
  }

  private objectOf(
    entries: readonly (readonly [ShownValue, ShownValue])[],
    variables: Addresses,
  ): RegoObject | undefined {
    const known = entries.flatMap(([key, value]) => {
      const name = this.valueOf(key, variables);
      const member = this.valueOf(value, variables);
      return name === undefined || member === undefined
        ? []
        : [[name, member] as const];
    });
    return known.length < entries.length ? undefined : RegoObject.of(known);
  }

  private read(address: number): Value {
    const known = this.known.get(address);
    const value = known === undefined ? this.readAt(address) : known;
    this.known.set(address, value);
    return value;
  }
}

/** What a key selects; undefined when there is nothing. */
function select(value: Value, key: Value): Value | undefined {
  if (isArray(value)) {
    return typeof key === "number" ? value[key] : undefined;
  }
  if (value instanceof RegoObject) {
    return value.get(key);
  }
  return value instanceof RegoSet && value.has(key) ? key : undefined;
}
