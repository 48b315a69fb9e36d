import type { Location } from "../source.ts";
import type { Annotations, RefTerm, Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import type { YamlMap, YamlValue } from "../yaml/decode.ts";

/** Makes terms that all stand in one place. */
export class TermMaker {
  private readonly location: Location;

  constructor(location: Location) {
    this.location = location;
  }

  string(value: string): Term {
    return { kind: "string", value, location: this.location };
  }

  array(value: readonly Term[]): Term {
    return { kind: "array", value, location: this.location };
  }

  /** An object of those entries that have a value. */
  object(entries: readonly (readonly [string, Term | undefined])[]): Term {
    const value = entries.flatMap(([key, term]) =>
      term ? [[this.string(key), term] as const] : [],
    );
    return { kind: "object", value, location: this.location };
  }

  /** The steps of a path as strings. */
  path(path: readonly Term[]): Term {
    return this.array(
      path.map((term) =>
        this.string(term.kind === "string" ? term.value : printTerm(term)),
      ),
    );
  }

  value(value: YamlValue): Term {
    const { location } = this;
    switch (typeof value) {
      case "string":
        return this.string(value);
      case "boolean":
        return { kind: "boolean", value, location };
      case "bigint":
      case "number":
        return { kind: "number", value: String(value), location };
      default:
        break;
    }
    if (value === null) {
      return { kind: "null", location };
    }
    return value instanceof Map
      ? this.map(value as YamlMap)
      : this.array(
          (value as readonly YamlValue[]).map((item) => this.value(item)),
        );
  }

  map(map: YamlMap): Term {
    return this.object(
      [...map].map(([key, item]) => [String(key), this.value(item)] as const),
    );
  }

  /** Annotations as `rego.metadata` gives them. */
  annotations(one: Annotations): Term {
    const text = (value: string): Term | undefined =>
      value === "" ? undefined : this.string(value);
    const list = <Item>(
      items: readonly Item[],
      make: (item: Item) => Term,
    ): Term | undefined =>
      items.length === 0 ? undefined : this.array(items.map(make));
    const filled = (map: YamlMap | undefined): Term | undefined =>
      map && map.size > 0 ? this.map(map) : undefined;
    const ref = (value: RefTerm | undefined): Term | undefined =>
      value && this.path(value.value);
    return this.object([
      ["scope", text(one.scope)],
      ["title", text(one.title)],
      ["entrypoint", one.entrypoint ? this.value(true) : undefined],
      ["description", text(one.description)],
      ["organizations", list(one.organizations, (name) => this.string(name))],
      [
        "related_resources",
        list(one.relatedResources, (resource) =>
          this.object([
            ["ref", text(resource.ref)],
            ["description", text(resource.description)],
          ]),
        ),
      ],
      [
        "authors",
        list(one.authors, ({ name, email }) =>
          this.object([
            ["name", text(name)],
            ["email", text(email)],
          ]),
        ),
      ],
      [
        "schemas",
        list(one.schemas, ({ path, schema, definition }) =>
          this.object([
            ["path", ref(path)],
            ["schema", ref(schema)],
            ["definition", definition && this.map(definition)],
          ]),
        ),
      ],
      ["custom", filled(one.custom)],
      ["labels", filled(one.labels)],
    ]);
  }
}
