import type { Location } from "../source.ts";
import type { YamlMap, YamlValue } from "../yaml/decode.ts";
import type { Annotations, RefTerm, Term } from "./ast.ts";
import { type Json, type JsonObject, jsonObject } from "./json-text.ts";

/** How the parts of annotations that are syntax become JSON. */
export type AnnotationWriter = {
  readonly location: (location: Location) => Json | undefined;
  readonly terms: (terms: readonly Term[]) => Json;
};

/** Annotations as OPA's `ast.Annotations` is written. */
export function annotationsJson(
  one: Annotations,
  writer: AnnotationWriter,
): JsonObject {
  const text = (value: string): Json | undefined => value || undefined;
  const list = <Item>(
    items: readonly Item[],
    write: (item: Item) => Json,
  ): Json | undefined => (items.length === 0 ? undefined : items.map(write));
  const filled = (map: YamlMap | undefined): Json | undefined =>
    map && map.size > 0 ? mapJson(map) : undefined;
  const ref = (value: RefTerm | undefined): Json | undefined =>
    value && writer.terms(value.value);
  return jsonObject({
    authors: list(one.authors, ({ email, name }) =>
      jsonObject({ name, email: text(email) }),
    ),
    compile:
      one.compile &&
      jsonObject({
        unknowns: list(one.compile.unknowns, ({ value }) =>
          writer.terms(value),
        ),
        mask_rule: ref(one.compile.maskRule),
      }),
    custom: filled(one.custom),
    description: text(one.description),
    entrypoint: one.entrypoint || undefined,
    labels: filled(one.labels),
    location: writer.location(one.location),
    organizations: list(one.organizations, (name) => name),
    related_resources: list(one.relatedResources, (resource) =>
      jsonObject({
        description: text(resource.description),
        ref: resource.ref,
      }),
    ),
    schemas: list(one.schemas, ({ definition, path, schema }) =>
      jsonObject({
        path: pathJson(path),
        schema: ref(schema),
        definition: definition && mapJson(definition),
      }),
    ),
    scope: one.scope,
    title: text(one.title),
  });
}

/** A path that stands in no module: its places would mislead. */
function pathJson({ value }: RefTerm): Json {
  return value.map((term) =>
    jsonObject({
      type: term.kind,
      value: "value" in term ? (term.value as Json) : null,
    }),
  );
}

/** A YAML mapping as JSON, by key. */
export function mapJson(map: YamlMap): JsonObject {
  const entries = [...map].map(
    ([key, value]) => [String(key), valueJson(value)] as const,
  );
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

function valueJson(value: YamlValue): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "bigint":
    case "number":
      return { number: String(value) };
    default:
      break;
  }
  if (value === null) {
    return null;
  }
  return value instanceof Map
    ? mapJson(value as YamlMap)
    : (value as readonly YamlValue[]).map(valueJson);
}
