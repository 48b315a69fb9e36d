import {
  BuiltinError,
  isArray,
  RegoObject,
  type Value,
} from "../../engine/builtins/index.ts";

/** The documents that references of one schema may name, by their URL. */
export class References {
  private readonly documents = new Map<string, Value>();

  constructor(root: Value) {
    this.documents.set("", root);
    this.collect(root, "", true);
  }

  /** What a reference stands for, seen from the base of the schema it is in. */
  resolve(
    reference: string,
    base: string,
  ): { readonly url: string; readonly value: Value } {
    const url = inherit(base, reference);
    const known = this.documents.get(url);
    if (known !== undefined) {
      return { url, value: known };
    }
    const [document = "", fragment = ""] = url.split(/#(.*)/s);
    const root =
      this.documents.get(document) ?? this.documents.get(`${document}#`);
    if (root !== undefined) {
      return { url, value: follow(root, fragment) };
    }
    throw new BuiltinError(
      /^[a-z][a-z0-9+.-]*:/i.test(url)
        ? `remote reference loading disabled: ${url}`
        : `Reference ${url} must be canonical`,
    );
  }

  private collect(value: Value, base: string, isSchema: boolean): void {
    if (isArray(value)) {
      for (const item of value) {
        this.collect(item, base, true);
      }
      return;
    }
    if (!(value instanceof RegoObject)) {
      return;
    }
    const own = isSchema ? schemaBase(value, base) : base;
    if (own !== base) {
      this.add(own, value);
    }
    for (const [key, member] of value.entries) {
      if (!isSchema || (key !== "const" && key !== "enum")) {
        this.collect(
          member,
          own,
          !(isSchema && namesOf.includes(key as string)),
        );
      }
    }
  }

  private add(url: string, value: Value): void {
    if (this.documents.has(url)) {
      throw new BuiltinError(`Reference already exists: "${url}"`);
    }
    this.documents.set(url, value);
  }
}

/** Keywords whose members are names, not keywords. */
const namesOf = ["properties", "dependencies", "patternProperties"];

/** The base URL within a schema: its id, resolved, or the one around it. */
export function schemaBase(schema: RegoObject, base: string): string {
  const id = schema.get("id") ?? schema.get("$id");
  return typeof id === "string" ? inherit(base, id) : base;
}

function inherit(base: string, reference: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(base)) {
    try {
      return new URL(reference, base).href.replace(/#$/, "");
    } catch {
      return reference;
    }
  }
  const [document = ""] = base.split("#");
  return (reference.startsWith("#") ? document + reference : reference).replace(
    /#$/,
    "",
  );
}

function follow(root: Value, fragment: string): Value {
  let current = root;
  const steps = decodeURIComponent(fragment).split("/");
  for (const step of steps.slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const next = isArray(current)
      ? current[Number(key)]
      : current instanceof RegoObject
        ? current.get(key)
        : undefined;
    if (next === undefined) {
      throw new BuiltinError(`Object has no key '${key}'`);
    }
    current = next;
  }
  return current;
}
