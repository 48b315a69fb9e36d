import type { MappingNode, YamlNode } from "./parse.ts";
import { resolveScalar, type YamlScalar } from "./resolve.ts";
import { YamlFault } from "./token.ts";

/** A YAML value; mappings keep their keys' order. */
export type YamlValue = YamlScalar | readonly YamlValue[] | YamlMap;

/** Keys are text wherever all of them are. */
export type YamlMap = ReadonlyMap<YamlScalar, YamlValue>;

/** What a field may hold, by the name that go-yaml gives it in its faults. */
export type YamlType =
  | "string"
  | "bool"
  | "[]string"
  | "[]interface {}"
  | "map[string]interface {}"
  | "[]map[string]interface {}"
  | "interface {}";

// More than this many nodes behind aliases is an attack, not a document.
const maxAliased = 100_000;

/**
 * Values of nodes as their types want them. What does not fit is left out and
 * noted in `faults`.
 */
export class YamlDecoder {
  readonly faults: string[] = [];
  private readonly open = new Set<YamlNode>();
  private aliased = 0;

  /** Undefined when the value does not fit. */
  decode(node: YamlNode, type: YamlType): YamlValue | undefined {
    if (this.open.size > 0) {
      this.aliased += 1;
      if (this.aliased > maxAliased) {
        throw new YamlFault("document contains excessive aliasing");
      }
    }
    switch (node.kind) {
      case "alias": {
        if (this.open.has(node)) {
          throw new YamlFault(`anchor '${node.name}' value contains itself`);
        }
        this.open.add(node);
        const value = this.decode(node.target, type);
        this.open.delete(node);
        return value;
      }
      case "scalar":
        return this.scalar(node, type);
      case "sequence":
        return this.sequence(node, type);
      case "mapping":
        return this.mapping(node, type);
    }
  }

  private scalar(
    node: Extract<YamlNode, { kind: "scalar" }>,
    type: YamlType,
  ): YamlValue | undefined {
    const { tag, value } = resolveScalar(node);
    if (value === null) {
      return null;
    }
    if (type === "string") {
      return node.value;
    }
    if (type === "interface {}") {
      return value;
    }
    if (type === "bool") {
      const found = typeof value === "string" ? boolWord(value) : value;
      if (typeof found === "boolean") {
        return found;
      }
    }
    const short =
      node.value.length > 10 ? `${node.value.slice(0, 7)}...` : node.value;
    return this.refuse(node, `${tag} \`${short}\``, type);
  }

  private refuse(node: YamlNode, what: string, type: YamlType): undefined {
    this.faults.push(
      `line ${node.line}: cannot unmarshal ${what} into ${type}`,
    );
    return undefined;
  }

  private sequence(
    node: Extract<YamlNode, { kind: "sequence" }>,
    type: YamlType,
  ): YamlValue | undefined {
    const inner = type.startsWith("[]")
      ? (type.slice(2) as YamlType)
      : "interface {}";
    if (!type.startsWith("[]") && type !== "interface {}") {
      return this.refuse(node, "!!seq", type);
    }
    const values: YamlValue[] = [];
    for (const item of node.items) {
      const value = this.decode(item, inner);
      // Null is no string: it leaves the list shorter.
      if (value !== undefined && (value !== null || inner !== "string")) {
        values.push(value);
      }
    }
    return values;
  }

  private mapping(node: MappingNode, type: YamlType): YamlValue | undefined {
    if (!this.hasUniqueKeys(node)) {
      return undefined;
    }
    if (type !== "interface {}" && !type.startsWith("map[")) {
      return this.refuse(node, "!!map", type);
    }
    const entries = this.merged(node);
    const keyType =
      type === "interface {}" && !entries.every(([key]) => isText(key))
        ? "interface {}"
        : "string";
    const values = new Map<YamlScalar, YamlValue>();
    for (const [key, value] of entries) {
      const name = this.decode(key, keyType);
      if (name !== undefined && typeof name === "object" && name !== null) {
        throw new YamlFault("invalid map key");
      }
      const found = this.decode(value, "interface {}");
      if (name !== undefined && found !== undefined) {
        values.set(name, found);
      }
    }
    return values;
  }

  /** The entries of a mapping; those that `<<` brings have no say over its own. */
  merged(node: MappingNode): MappingNode["entries"] {
    const own = node.entries.filter(([key]) => !isMerge(key));
    const names = new Set(own.map(([key]) => scalarText(key)));
    const found = [...own];
    for (const [key, value] of node.entries) {
      for (const entry of isMerge(key) ? mergeSources(value) : []) {
        const name = scalarText(entry[0]);
        if (name === undefined || !names.has(name)) {
          names.add(name);
          found.push(entry);
        }
      }
    }
    return found;
  }

  /** Whether no key stands twice; notes each that does. */
  hasUniqueKeys({ entries }: MappingNode): boolean {
    const lines = new Map<string, number>();
    const before = this.faults.length;
    for (const [key] of entries) {
      const text = scalarText(key);
      const first = text === undefined ? undefined : lines.get(text);
      if (text !== undefined && first === undefined) {
        lines.set(text, key.line);
      }
      if (first !== undefined) {
        this.faults.push(
          `line ${key.line}: mapping key ${JSON.stringify(text)} already defined at line ${first}`,
        );
      }
    }
    return this.faults.length === before;
  }
}

function boolWord(word: string): boolean | undefined {
  if (["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].includes(word)) {
    return true;
  }
  return ["n", "N", "no", "No", "NO", "off", "Off", "OFF"].includes(word)
    ? false
    : undefined;
}

function isText(node: YamlNode): boolean {
  const target = node.kind === "alias" ? node.target : node;
  return target.kind === "scalar" && resolveScalar(target).tag === "!!str";
}

function scalarText(node: YamlNode): string | undefined {
  const target = node.kind === "alias" ? node.target : node;
  return target.kind === "scalar" ? target.value : undefined;
}

function isMerge(node: YamlNode): boolean {
  return node.kind === "scalar" && node.plain && node.value === "<<";
}

function mergeSources(node: YamlNode): MappingNode["entries"] {
  const target = node.kind === "alias" ? node.target : node;
  if (target.kind === "mapping") {
    return target.entries.flatMap((entry) =>
      isMerge(entry[0]) ? mergeSources(entry[1]) : [entry],
    );
  }
  if (target.kind === "sequence" && node.kind === "sequence") {
    return target.items.flatMap(mergeSources);
  }
  throw new YamlFault(
    "map merge requires map or sequence of maps as the value",
  );
}
