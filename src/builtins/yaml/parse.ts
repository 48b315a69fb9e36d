import {
  BuiltinError,
  isArray,
  isNumber,
  numberText,
  parseYamlTree,
  RegoObject,
  type Value,
  YamlFault,
  type YamlNode,
} from "../../engine/builtins/index.ts";
import { goQuote } from "../go/quote.ts";
import { resolveScalar, type Scalar } from "./resolve.ts";

/** The first document of a YAML 1.1 text as JSON, as OPA reads it. */
export function parseYaml(text: string): Value {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (hasControl(source)) {
    throw new BuiltinError("yaml: control characters are not allowed");
  }
  try {
    const tree = parseYamlTree(source, "second");
    return tree === undefined ? null : new Reader().node(tree);
  } catch (error) {
    throw error instanceof YamlFault
      ? new BuiltinError(`yaml: ${error.second}`)
      : error;
  }
}

function hasControl(text: string): boolean {
  return /[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(
    text,
  );
}

// How many nodes aliases may stand for.
const maxNodes = 1_000_000;

type Target = { readonly value: Value; readonly size: number };

class Reader {
  /** What aliases stand for; the nodes that are still being read are "open". */
  private readonly targets = new Map<YamlNode, Target | "open">();
  private nodes = 0;

  node(node: YamlNode): Value {
    this.count(1);
    if (node.kind === "alias") {
      return this.alias(node.name, node.target);
    }
    const before = this.nodes;
    this.targets.set(node, "open");
    const value = this.content(node);
    this.targets.set(node, { value, size: this.nodes - before + 1 });
    return value;
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > maxNodes) {
      throw new BuiltinError("yaml: document contains excessive aliasing");
    }
  }

  private alias(name: string, target: YamlNode): Value {
    const found = this.targets.get(target);
    if (found === undefined || found === "open") {
      throw new BuiltinError(`yaml: anchor '${name}' value contains itself`);
    }
    this.count(found.size);
    return found.value;
  }

  private content(node: Exclude<YamlNode, { kind: "alias" }>): Value {
    switch (node.kind) {
      case "scalar":
        return scalarValue(resolve(node));
      case "sequence":
        return node.items.map((item) => this.node(item));
      case "mapping":
        return this.mapping(node);
    }
  }

  private mapping({ entries }: YamlNode & { kind: "mapping" }): Value {
    const own: (readonly [Value, Value])[] = [];
    const merged: (readonly [Value, Value])[] = [];
    for (const [keyNode, valueNode] of entries) {
      const key = this.node(keyNode);
      const value = this.node(valueNode);
      if (isMerge(keyNode)) {
        merged.unshift(...mergeEntries(value));
      } else {
        own.push([keyText(key, value), value]);
      }
    }
    return RegoObject.of([...merged, ...own]);
  }
}

function isMerge(node: YamlNode): boolean {
  return (
    node.kind === "scalar" &&
    node.plain &&
    node.tag === "" &&
    node.value === "<<"
  );
}

function resolve({ tag, plain, value }: YamlNode & { kind: "scalar" }): Scalar {
  return tag === "" && !plain ? { tag: "!!str", value } : tagged(tag, value);
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
  const plain = text.replace(/[\r\n]/g, "");
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
      `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${goPrinted(value)}`,
    );
  }
  throw new BuiltinError(
    `yaml: invalid map key: ${isArray(key) ? "[]interface {}" : "map[interface {}]interface {}"}${goSyntax(key)}`,
  );
}

/** Go's `%#v` of scalars, in which texts are quoted. */
function goPrinted(value: Value): string {
  return typeof value === "string" ? goQuote(value) : goText(value);
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
