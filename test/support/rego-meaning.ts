import { parseModule } from "../../src/engine/index.ts";

/**
 * What a layout must not change: a module's tree without its places, and its
 * comments in any order. Heads with `=` are written with `:=`, and a value `true`
 * may be left out, so what says that is too. Undefined for what is no Rego.
 */
export function regoMeaning(
  text: string,
  regoVersion: 0 | 1 = 1,
): string | undefined {
  const parsed = parseModule(text, { annotations: false, regoVersion });
  if ("errors" in parsed) {
    return undefined;
  }
  const {
    comments = [],
    imports = [],
    ...tree
  } = JSON.parse(
    // Numbers keep every digit.
    parsed.ast.replace(/"value":(-?[0-9][^,}\]]*)/g, '"value":"$1"'),
  );
  const texts = comments.map(
    ({ Text: base64 = "" }: { readonly Text?: string }) =>
      Buffer.from(base64, "base64").toString("utf8").trimEnd(),
  );
  // Imports are sorted.
  const sorted = imports.map((one: unknown) => JSON.stringify(one)).sort();
  return JSON.stringify([texts.sort(), sorted, tree], (name, value) =>
    spelling.has(name)
      ? undefined
      : name === "parts" && Array.isArray(value)
        ? joined(value)
        : value,
  );
}

/** Members of a head that say how it was written. */
const spelling: ReadonlySet<string> = new Set(["assign", "name"]);

type Part = { readonly type?: string; readonly value?: unknown };

/** The parts of a template string; a constant in one is written as text. */
function joined(parts: readonly Part[]): readonly unknown[] {
  const constant = new Set(["boolean", "null", "number", "string"]);
  const found: unknown[] = [];
  for (const { type = "", value, ...expr } of parts) {
    const last = found.at(-1);
    if (!constant.has(type)) {
      found.push({ ...expr, ...(type && { type, value }) });
    } else {
      const text = type === "null" ? "null" : String(value);
      if (typeof last === "string") {
        found.pop();
      }
      found.push(typeof last === "string" ? last + text : text);
    }
  }
  return found;
}
