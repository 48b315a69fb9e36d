import { YamlDecoder, type YamlType, type YamlValue } from "./decode.ts";
import { type MappingNode, parseYaml } from "./parse.ts";
import { YamlFault } from "./token.ts";

/** The known fields of a document's mapping; or what is wrong, as go-yaml says it. */
export type YamlFields =
  | { readonly fields: ReadonlyMap<string, YamlValue> }
  | { readonly fault: string };

/** Reads a document whose top is a mapping; fields without a type are passed over. */
export function readYamlFields(
  text: string,
  types: Readonly<Record<string, YamlType>>,
  typeName: string,
): YamlFields {
  try {
    return readFields(text, types, typeName);
  } catch (error) {
    if (error instanceof YamlFault) {
      return { fault: `yaml: ${error.message}` };
    }
    throw error;
  }
}

function readFields(
  text: string,
  types: Readonly<Record<string, YamlType>>,
  typeName: string,
): YamlFields {
  const document = parseYaml(text, "third");
  const decoder = new YamlDecoder();
  let fields = new Map<string, YamlValue>();
  if (document?.kind === "mapping") {
    fields = decodeFields(decoder, document, types);
  } else if (document) {
    // A scalar or a sequence has no fields: the decoder says so.
    decoder.decode(document, typeName as YamlType);
  }
  const { faults } = decoder;
  return faults.length > 0
    ? { fault: `yaml: unmarshal errors:\n  ${faults.join("\n  ")}` }
    : { fields };
}

function decodeFields(
  decoder: YamlDecoder,
  document: MappingNode,
  types: Readonly<Record<string, YamlType>>,
): Map<string, YamlValue> {
  const fields = new Map<string, YamlValue>();
  const isGood = decoder.hasUniqueKeys(document);
  for (const [key, node] of isGood ? decoder.merged(document) : []) {
    const name = decoder.decode(key, "string");
    const type = typeof name === "string" ? types[name] : undefined;
    const value = type && decoder.decode(node, type);
    if (typeof name === "string" && value !== undefined && value !== null) {
      fields.set(name, value);
    }
  }
  return fields;
}
