import type { YamlMap, YamlValue } from "../yaml/decode.ts";
import type {
  Author,
  CompileAnnotation,
  RefTerm,
  RelatedResource,
  SchemaAnnotation,
  Term,
} from "./ast.ts";
import { goText } from "./go-text.ts";
import { normalizeUrl } from "./url.ts";

/** The text of a fault in an annotation; its place is the block's. */
export class AnnotationFault extends Error {
  override readonly name = "AnnotationFault";
}

/** Parses one term; undefined when the text is none. */
export type ParseTerm = (text: string) => Term | undefined;

/** Runs `read`; what it finds wrong is told with `prefix` before it. */
function within<Value>(prefix: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof AnnotationFault
      ? new AnnotationFault(`${prefix}: ${error.message}`)
      : error;
  }
}

/** Refuses mappings whose keys are no text. */
export function checkKeys(value: YamlValue, path: readonly string[]): void {
  if (value instanceof Map) {
    for (const [key, item] of (value as YamlMap).entries()) {
      if (typeof key !== "string") {
        const place = path.join("/");
        throw new AnnotationFault(`invalid map key type(s): ${place}`);
      }
      checkKeys(item, [...path, key]);
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      checkKeys(item, [...path, String(index)]);
    }
  }
}

function textAt(map: YamlMap, key: string): string {
  const value = map.get(key);
  return typeof value === "string" ? value.trim() : "";
}

export function toRelatedResource(value: YamlValue): RelatedResource {
  return within(`invalid related-resource definition ${goText(value)}`, () => {
    checkKeys(value, []);
    if (typeof value === "string") {
      if (value === "") {
        throw new AnnotationFault("ref URL may not be empty string");
      }
      return { ref: toUrl(value), description: "" };
    }
    if (!(value instanceof Map)) {
      throw new AnnotationFault("invalid value type, must be string or map");
    }
    const ref = textAt(value, "ref");
    if (ref === "") {
      throw new AnnotationFault("'ref' value required in object");
    }
    return { ref: toUrl(ref), description: textAt(value, "description") };
  });
}

function toUrl(text: string): string {
  const url = normalizeUrl(text);
  if ("fault" in url) {
    throw new AnnotationFault(url.fault);
  }
  return url.text;
}

export function toAuthor(value: YamlValue): Author {
  return within(`invalid author definition ${goText(value)}`, () => {
    checkKeys(value, []);
    if (typeof value === "string") {
      return authorOf(value);
    }
    if (!(value instanceof Map)) {
      throw new AnnotationFault("invalid value type, must be string or map");
    }
    const [name, email] = [textAt(value, "name"), textAt(value, "email")];
    if (name === "" && email === "") {
      throw new AnnotationFault(
        "'name' and/or 'email' values required in object",
      );
    }
    return { name, email };
  });
}

/** `Jane Doe <jane@example.com>`: the last word may be the address. */
function authorOf(text: string): Author {
  const words = text.split(/\s+/u).filter((word) => word !== "");
  const last = words.at(-1);
  if (last === undefined) {
    throw new AnnotationFault("author is an empty string");
  }
  return /^<.*>$/u.test(last)
    ? { name: words.slice(0, -1).join(" "), email: last.slice(1, -1) }
    : { name: words.join(" "), email: "" };
}

export function toSchema(value: YamlValue, parse: ParseTerm): SchemaAnnotation {
  const [entry] = value instanceof Map ? (value as YamlMap) : [];
  const key = typeof entry?.[0] === "string" ? entry[0] : "";
  const found = entry?.[1];
  const path = parse(key);
  if (path?.kind !== "ref") {
    throw new AnnotationFault("invalid document reference");
  }
  if (typeof found === "string") {
    return { path, schema: toSchemaRef(parse(found)), definition: undefined };
  }
  if (!(found instanceof Map)) {
    const message = `invalid schema declaration for path ${JSON.stringify(key)}`;
    throw new AnnotationFault(message);
  }
  const definition = found as YamlMap;
  if (![...definition.keys()].every((name) => typeof name === "string")) {
    const message = `invalid schema declaration for path ${JSON.stringify(key)}`;
    throw new AnnotationFault(message);
  }
  return { path, schema: undefined, definition };
}

/** `schema` or a path below it. */
function toSchemaRef(term: Term | undefined): RefTerm {
  const [head] = term?.kind === "ref" ? term.value : [term];
  if (head?.kind !== "var" || head.value !== "schema" || !term) {
    throw new AnnotationFault("invalid schema reference");
  }
  const { location } = term;
  return term.kind === "ref" ? term : { kind: "ref", value: [head], location };
}

export function toCompile(map: YamlMap, parse: ParseTerm): CompileAnnotation {
  const list = map.get("unknowns");
  const unknowns: RefTerm[] = [];
  for (const item of Array.isArray(list) ? (list as YamlValue[]) : []) {
    const term = typeof item === "string" ? parse(item) : undefined;
    if (typeof item === "string" && term?.kind !== "ref") {
      const message = `invalid unknowns element ${JSON.stringify(item)}`;
      throw new AnnotationFault(message);
    }
    if (term?.kind === "ref") {
      unknowns.push(term);
    }
  }
  const mask = map.get("mask_rule");
  return {
    unknowns,
    maskRule: typeof mask === "string" ? toMaskRule(mask, parse) : undefined,
  };
}

function toMaskRule(text: string, parse: ParseTerm): RefTerm {
  const term = parse(text);
  switch (term?.kind) {
    case "ref":
      return term;
    case "var":
    case "string":
      return { kind: "ref", value: [term], location: term.location };
    case undefined:
      throw new AnnotationFault(
        `invalid mask_rule annotation ${JSON.stringify(text)}`,
      );
    default:
      throw new AnnotationFault(
        `invalid mask_rule annotation type ${JSON.stringify(text)}: string`,
      );
  }
}
