/** The parts of a JSON Schema that have an id, by that id made absolute. */
export class SchemaIds {
  private readonly found = new Map<string, unknown>();
  private readonly bases = new Map<unknown, string>();

  constructor(document: unknown) {
    this.visit(document, "");
  }

  /** The part with an absolute id. */
  find(id: string): unknown {
    return this.found.get(id);
  }

  /** A reference as it is meant where it stands. */
  absolute(ref: string, place: unknown): string {
    const base = this.bases.get(place) ?? "";
    // What stands in the document itself is found without its name.
    return ref.startsWith("#") && this.find(base) === undefined
      ? ref
      : resolve(ref, base);
  }

  private visit(value: unknown, outer: string): void {
    if (typeof value !== "object" || value === null) {
      return;
    }
    const id = idOf(value);
    const absolute = id === undefined ? undefined : resolve(id, outer);
    const base = absolute?.split("#", 1)[0] || outer;
    if (absolute !== undefined) {
      this.found.set(absolute.replace(/#$/, ""), value);
    }
    this.bases.set(value, base);
    for (const part of Object.values(value)) {
      this.visit(part, base);
    }
  }
}

function idOf(value: object): string | undefined {
  const fields = value as Readonly<Record<string, unknown>>;
  const id = fields["$id"] ?? fields["id"];
  return typeof id === "string" ? id : undefined;
}

function resolve(ref: string, base: string): string {
  try {
    return base === "" ? new URL(ref).href : new URL(ref, base).href;
  } catch {
    return ref;
  }
}
