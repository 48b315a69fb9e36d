import { BuiltinError } from "../../engine/builtins/index.ts";
import { type Data, isList, isTrue, JsonNumber } from "./data.ts";
import { plainText } from "./format.ts";
import { functions } from "./functions.ts";
import type { Command, Node, Operand, Pipe, Place, Templates } from "./node.ts";

/** The text that a template makes of the data. */
export function execute(
  source: string,
  templates: Templates,
  data: Data,
): string {
  return new Execution(source, templates).run(data);
}

type Variable = { readonly name: string; value: Data };
type Signal = "break" | "continue" | undefined;

/** A fault that has its place already. */
class PlacedError extends BuiltinError {}

// What the stack holds; how much a template may make of little.
const maxDepth = 500;
const maxLength = 50_000_000;
const maxSteps = 1_000_000;

class Execution {
  private readonly source: string;
  private readonly templates: Templates;
  private output: string[] = [];
  private length = 0;
  private steps = 0;
  private depth = 0;
  private variables: Variable[] = [];
  private place: Place | undefined;
  private name = "template";

  constructor(source: string, templates: Templates) {
    this.source = source;
    this.templates = templates;
  }

  run(data: Data): string {
    this.variables = [{ name: "$", value: data }];
    const nodes = this.templates.get("template") ?? [];
    this.guarded(() => this.list(data, nodes));
    return this.output.join("");
  }

  private guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof PlacedError || !(error instanceof BuiltinError)) {
        throw error;
      }
      throw this.placed(error.message);
    }
  }

  private placed(text: string): PlacedError {
    const { at = 0, shown = "" } = this.place ?? {};
    const before = this.source.slice(0, at);
    const line = before.split("\n").length;
    const column = Buffer.byteLength(
      before.slice(before.lastIndexOf("\n") + 1),
      "utf8",
    );
    return new PlacedError(
      `template: template:${line}:${column}: executing ${JSON.stringify(this.name)} at <${shown}>: ${text}`,
    );
  }

  private fail(text: string): never {
    throw this.placed(text);
  }

  private write(text: string): void {
    this.length += text.length;
    if (this.length > maxLength) {
      this.fail(`exceeded maximum length of ${maxLength}`);
    }
    this.output.push(text);
  }

  private list(dot: Data, nodes: readonly Node[]): Signal {
    for (const node of nodes) {
      const signal = this.node(dot, node);
      if (signal !== undefined) {
        return signal;
      }
    }
    return undefined;
  }

  private node(dot: Data, node: Node): Signal {
    this.steps += 1;
    this.place = node;
    if (this.steps > maxSteps) {
      this.fail(`exceeded maximum of ${maxSteps} steps`);
    }
    switch (node.kind) {
      case "text":
        this.write(node.text);
        return undefined;
      case "action": {
        const value = this.pipe(dot, node.pipe);
        if (node.pipe.variables.length === 0) {
          this.write(
            value === null || value === undefined
              ? "<no value>"
              : plainText(value),
          );
        }
        return undefined;
      }
      case "template":
        this.call(dot, node);
        return undefined;
      case "range":
        return this.scoped(() => this.range(dot, node));
      case "if":
      case "with":
        return this.scoped(() => {
          const value = this.pipe(dot, node.pipe);
          return isTrue(value)
            ? this.list(node.kind === "with" ? value : dot, node.list)
            : this.list(dot, node.otherwise ?? []);
        });
      default:
        return node.kind;
    }
  }

  private scoped(run: () => Signal): Signal {
    const mark = this.variables.length;
    const signal = run();
    this.variables.length = mark;
    return signal;
  }

  private call(dot: Data, node: Node & { kind: "template" }): void {
    const nodes = this.templates.get(node.name);
    if (nodes === undefined) {
      this.fail(`template ${JSON.stringify(node.name)} not defined`);
    }
    if (this.depth >= maxDepth) {
      this.fail(`exceeded maximum template depth (${maxDepth})`);
    }
    const value =
      node.pipe === undefined ? undefined : this.pipe(dot, node.pipe);
    const [name, variables] = [this.name, this.variables];
    this.depth += 1;
    this.name = node.name;
    this.variables = [{ name: "$", value }];
    this.list(value, nodes);
    this.variables = variables;
    this.name = name;
    this.depth -= 1;
  }

  private range(
    dot: Data,
    node: Node & { readonly kind: "if" | "with" | "range" },
  ): Signal {
    const value = this.pipe(dot, { ...node.pipe, variables: [] });
    const entries = this.entries(value);
    const names = node.pipe.variables;
    for (const [key, element] of entries) {
      const mark = this.variables.length;
      const values = names.length === 1 ? [element] : [key, element];
      for (const [index, name] of names.entries()) {
        this.bind(name, values[index], node.pipe.assigns);
      }
      const signal = this.list(element, node.list);
      this.variables.length = mark;
      if (signal === "break") {
        break;
      }
    }
    return entries.length === 0
      ? this.list(dot, node.otherwise ?? [])
      : undefined;
  }

  private entries(value: Data): readonly (readonly [Data, Data])[] {
    if (isList(value)) {
      return value.map((one, index) => [BigInt(index), one] as const);
    }
    if (value instanceof Map) {
      return [...value];
    }
    if (typeof value === "bigint") {
      if (value > BigInt(maxSteps)) {
        this.fail(`exceeded maximum of ${maxSteps} steps`);
      }
      return Array.from(
        { length: Math.max(0, Number(value)) },
        (_, index) => [BigInt(index), BigInt(index)] as const,
      );
    }
    if (value === null || value === undefined) {
      return [];
    }
    return this.fail(`range can't iterate over ${plainText(value)}`);
  }

  private bind(name: string, value: Data, assigns: boolean): void {
    const known = assigns
      ? this.variables.findLast((one) => one.name === name)
      : undefined;
    if (known === undefined) {
      this.variables.push({ name, value });
    } else {
      known.value = value;
    }
  }

  private pipe(dot: Data, pipe: Pipe): Data {
    this.place = pipe;
    let value: Data;
    for (const [index, command] of pipe.commands.entries()) {
      value = this.command(dot, command, index === 0 ? [] : [value]);
    }
    for (const name of pipe.variables) {
      this.bind(name, value, pipe.assigns);
    }
    return value;
  }

  private command(
    dot: Data,
    { operands, shown, at }: Command,
    final: readonly Data[],
  ): Data {
    const [first, ...others] = operands;
    if (first === undefined) {
      return undefined;
    }
    if (first.kind === "identifier") {
      return this.invoke(dot, first.name, {
        operands: others,
        final,
        place: { at, shown },
      });
    }
    this.place = first;
    if (
      first.kind === "field" ||
      first.kind === "chain" ||
      (first.kind === "variable" && first.names.length > 0)
    ) {
      const value = this.operand(dot, first);
      if (others.length + final.length > 0) {
        this.place = first;
        this.fail(`${first.names.at(-1)} is not a method but has arguments`);
      }
      return value;
    }
    if (others.length + final.length > 0) {
      this.fail(`can't give argument to non-function ${first.shown}`);
    }
    if (first.kind === "nil") {
      this.fail("nil is not a command");
    }
    return this.operand(dot, first);
  }

  private operand(dot: Data, operand: Operand): Data {
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return null;
      case "bool":
      case "string":
      case "number":
        return operand.value;
      case "field":
        return this.fields(dot, operand.names, operand);
      case "variable": {
        const found = this.variables.findLast(
          ({ name }) => name === operand.name,
        );
        return this.fields(found?.value, operand.names, operand);
      }
      case "pipe":
        return this.pipe(dot, operand.pipe);
      case "chain":
        return this.fields(
          this.operand(dot, operand.of),
          operand.names,
          operand,
        );
      case "identifier":
        return this.invoke(dot, operand.name, {
          operands: [],
          final: [],
          place: operand,
        });
    }
  }

  private fields(from: Data, names: readonly string[], place: Place): Data {
    let value = from;
    for (const name of names) {
      this.place = this.fieldPlace(place);
      if (value === undefined) {
        return undefined;
      }
      if (value === null) {
        this.fail(`nil pointer evaluating interface {}.${name}`);
      }
      if (!(value instanceof Map)) {
        this.fail(`can't evaluate field ${name} in type interface {}`);
      }
      value = value.get(name);
    }
    return value;
  }

  /** A field of a field stands where the second begins. */
  private fieldPlace(place: Place): Place {
    const dots = [...place.shown.matchAll(/\./g)];
    const isPath = /^[.$][^ (]*$/.test(place.shown) && dots.length > 1;
    const second = place.shown.startsWith("$")
      ? dots[0]?.index
      : dots[1]?.index;
    return isPath && second !== undefined
      ? { ...place, at: place.at + second }
      : place;
  }

  private invoke(
    dot: Data,
    name: string,
    {
      operands,
      final,
      place,
    }: {
      readonly operands: readonly Operand[];
      readonly final: readonly Data[];
      readonly place: Place;
    },
  ): Data {
    if (name === "and" || name === "or") {
      return this.logical(dot, name, operands, final);
    }
    const found = functions[name] as (typeof functions)[string];
    const count = operands.length + final.length;
    this.place = { ...place };
    if (found.max === undefined ? count < found.min : count !== found.min) {
      const want =
        found.max === undefined ? `at least ${found.min}` : String(found.min);
      this.fail(`wrong number of args for ${name}: want ${want} got ${count}`);
    }
    const values = [...operands.map((one) => this.operand(dot, one)), ...final];
    this.place = { ...place };
    if (
      name === "printf" &&
      typeof values[0] !== "string" &&
      !(values[0] instanceof JsonNumber)
    ) {
      this.fail("wrong type for value; expected string");
    }
    try {
      return found.run(
        values[0] instanceof JsonNumber && name === "printf"
          ? [values[0].text, ...values.slice(1)]
          : values,
      );
    } catch (error) {
      if (error instanceof BuiltinError && !(error instanceof PlacedError)) {
        this.fail(
          `error calling ${name}: ${error.message.replace("non-function of", `non-function ${operands[0]?.shown} of`)}`,
        );
      }
      throw error;
    }
  }

  private logical(
    dot: Data,
    name: "and" | "or",
    operands: readonly Operand[],
    final: readonly Data[],
  ): Data {
    let value: Data;
    for (const operand of operands) {
      value = this.operand(dot, operand);
      if (isTrue(value) === (name === "or")) {
        return value;
      }
    }
    return final.length > 0 ? final[0] : value;
  }
}
