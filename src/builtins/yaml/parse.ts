import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from "js-yaml";
import {
  BuiltinError,
  isArray,
  isNumber,
  numberText,
  RegoObject,
  type Value,
} from "../../engine/builtins/index.ts";
import { goFault } from "./fault.ts";
import { resolveScalar, type Scalar } from "./resolve.ts";

/** The first document of a YAML 1.1 text as JSON, as OPA reads it. */
export function parseYaml(text: string): Value {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (hasControl(source)) {
    throw new BuiltinError("yaml: control characters are not allowed");
  }
  try {
    return new Reader(source, parseEvents(source, { maxDepth })).document();
  } catch (error) {
    if (error instanceof YAMLException) {
      throw new BuiltinError(goFault(error, source));
    }
    if (error instanceof RangeError) {
      throw new BuiltinError(`yaml: exceeded max depth of ${maxDepth}`);
    }
    throw error;
  }
}

function hasControl(text: string): boolean {
  return [...text].some(
    (char) =>
      (char < " " && !"\t\n\r".includes(char)) ||
      (char >= "\x7f" && char < "\xa0" && char !== "\x85"),
  );
}

// How many nodes aliases may stand for; depth keeps to the stack.
const maxNodes = 1_000_000;
const maxDepth = 500;

type Anchored = { readonly value: Value; readonly size: number };

class Reader {
  private readonly source: string;
  private readonly events: readonly Event[];
  private readonly anchors = new Map<string, Anchored | "open">();
  private at = 0;
  private nodes = 0;

  constructor(source: string, events: readonly Event[]) {
    this.source = source;
    this.events = events;
  }

  document(): Value {
    if (this.events[0]?.type !== EVENT_ID.DOCUMENT) {
      return null;
    }
    this.at = 1;
    return this.events[1]?.type === EVENT_ID.POP ? null : this.node(0);
  }

  private node(depth: number): Value {
    const event = this.events[this.at] as Event;
    this.at += 1;
    this.count(1);
    if (depth > maxDepth) {
      throw new BuiltinError(`yaml: exceeded max depth of ${maxDepth}`);
    }
    if (event.type === EVENT_ID.ALIAS) {
      return this.alias(this.source.slice(event.anchorStart, event.anchorEnd));
    }
    if (
      event.type !== EVENT_ID.SCALAR &&
      event.type !== EVENT_ID.SEQUENCE &&
      event.type !== EVENT_ID.MAPPING
    ) {
      return null;
    }
    const anchor = this.source.slice(event.anchorStart, event.anchorEnd);
    const before = this.nodes;
    if (anchor !== "") {
      this.anchors.set(anchor, "open");
    }
    const value = this.content(event, depth);
    if (anchor !== "") {
      this.anchors.set(anchor, { value, size: this.nodes - before + 1 });
    }
    return value;
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > maxNodes) {
      throw new BuiltinError("yaml: document contains excessive aliasing");
    }
  }

  private alias(name: string): Value {
    const found = this.anchors.get(name);
    if (found === undefined) {
      throw new BuiltinError(`yaml: unknown anchor '${name}' referenced`);
    }
    if (found === "open") {
      throw new BuiltinError(`yaml: anchor '${name}' value contains itself`);
    }
    this.count(found.size);
    return found.value;
  }

  private content(event: Event, depth: number): Value {
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return scalarValue(this.scalar(event));
      case EVENT_ID.SEQUENCE: {
        const items: Value[] = [];
        while (!this.ends()) {
          items.push(this.node(depth + 1));
        }
        return items;
      }
      default:
        return this.mapping(depth);
    }
  }

  private ends(): boolean {
    const ended = this.events[this.at]?.type === EVENT_ID.POP;
    this.at += ended ? 1 : 0;
    return ended;
  }

  private mapping(depth: number): Value {
    const own: (readonly [Value, Value])[] = [];
    const merged: (readonly [Value, Value])[] = [];
    while (!this.ends()) {
      const isMerge = this.isMerge();
      const key = this.node(depth + 1);
      const value = this.node(depth + 1);
      if (isMerge) {
        merged.unshift(...mergeEntries(value));
      } else {
        own.push([keyText(key, value), value]);
      }
    }
    return RegoObject.of([...merged, ...own]);
  }

  private isMerge(): boolean {
    const event = this.events[this.at];
    return (
      event?.type === EVENT_ID.SCALAR &&
      event.style === SCALAR_STYLE.PLAIN &&
      event.tagStart === event.tagEnd &&
      getScalarValue(this.source, event) === "<<"
    );
  }

  /** Go adds no line break to a block that the text ends in. */
  private text(event: Event & { type: typeof EVENT_ID.SCALAR }): string {
    const text = getScalarValue(this.source, event);
    const isBlock =
      event.style === SCALAR_STYLE.LITERAL_BLOCK ||
      event.style === SCALAR_STYLE.FOLDED_BLOCK;
    return isBlock &&
      event.valueEnd >= this.source.length &&
      !this.source.endsWith("\n")
      ? text.replace(/\n$/, "")
      : text;
  }

  private scalar(event: Event & { type: typeof EVENT_ID.SCALAR }): Scalar {
    const text = this.text(event);
    const tag = longTag(this.source.slice(event.tagStart, event.tagEnd));
    if (tag === "" && event.style !== SCALAR_STYLE.PLAIN) {
      return { tag: "!!str", value: text };
    }
    return tagged(tag, text);
  }
}

/** `!!x` for YAML's own tags, however they are written; empty for none. */
function longTag(tag: string): string {
  return tag.replace(/^!<tag:yaml\.org,2002:(.*)>$/, "!!$1");
}

const resolved = ["!!int", "!!float", "!!bool", "!!null", "!!timestamp"];

function tagged(tag: string, text: string): Scalar {
  if (tag === "!!binary") {
    return { tag: "!!str", value: decodeBinary(text) };
  }
  if (tag !== "" && !resolved.includes(tag)) {
    return { tag: "!!str", value: text };
  }
  const scalar = resolveScalar(text);
  const fits =
    tag === "" ||
    scalar.tag === tag ||
    (tag === "!!float" && scalar.tag === "!!int");
  if (!fits) {
    throw new BuiltinError(
      `yaml: cannot decode ${scalar.tag} \`${text}\` as a ${tag}`,
    );
  }
  return scalar;
}

function decodeBinary(text: string): string {
  const plain = text.replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || plain.length % 4 !== 0) {
    throw new BuiltinError("yaml: !!binary value contains invalid base64 data");
  }
  return Buffer.from(plain, "base64").toString("utf8");
}

function scalarValue(scalar: Scalar): Value {
  if ("unsupported" in scalar) {
    throw new BuiltinError(`json: unsupported value: ${scalar.unsupported}`);
  }
  return scalar.value;
}

/** A key as JSON has it. */
function keyText(key: Value, value: Value): string {
  if (typeof key === "string" || typeof key === "boolean") {
    return String(key);
  }
  if (isNumber(key)) {
    return numberText(key);
  }
  if (key === null) {
    throw new BuiltinError(
      `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${goText(value)}`,
    );
  }
  throw new BuiltinError(
    `yaml: invalid map key: ${isArray(key) ? "[]interface {}" : "map[interface {}]interface {}"}${goSyntax(key)}`,
  );
}

/** Go's `%v` of scalars. */
function goText(value: Value): string {
  return value === null
    ? "<nil>"
    : isNumber(value)
      ? numberText(value)
      : String(value);
}

/** What Go's `%#v` puts in braces. */
function goSyntax(value: Value): string {
  if (isArray(value)) {
    return `{${value.map(goItem).join(", ")}}`;
  }
  const entries = (value as RegoObject).entries.map(
    ([key, member]) => `${goItem(key)}:${goItem(member)}`,
  );
  return `{${entries.join(", ")}}`;
}

function goItem(value: Value): string {
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (isArray(value)) {
    return `[]interface {}${goSyntax(value)}`;
  }
  return value instanceof RegoObject
    ? `map[interface {}]interface {}${goSyntax(value)}`
    : value === null
      ? "interface {}(nil)"
      : goText(value);
}

/** The members that `<<` brings: of one mapping or of several, the first of which wins. */
function mergeEntries(value: Value): readonly (readonly [Value, Value])[] {
  if (value instanceof RegoObject) {
    return value.entries;
  }
  if (isArray(value)) {
    const maps = [...value].reverse();
    return maps.flatMap((one) =>
      one instanceof RegoObject ? one.entries : failMerge(),
    );
  }
  return failMerge();
}

function failMerge(): never {
  throw new BuiltinError(
    "yaml: map merge requires map or sequence of maps as the value",
  );
}
