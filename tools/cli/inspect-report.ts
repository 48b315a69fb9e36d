import { dirname } from "node:path";
import {
  Members,
  manifestMembers,
  type Shown,
} from "../../src/bundle/index.ts";
import {
  fromJs,
  jsonMembers,
  opaCapabilities,
  type PathAnnotations,
  parseJson,
  RegoObject,
  toGoJson,
  type Value,
} from "../../src/engine/index.ts";
import { indentedJson, type PlainJson, shownPlain } from "./indented-json.ts";
import type { Inspected } from "./inspect-bundle.ts";
import { tableText } from "./table.ts";

// OPA's widths of a cell and of a page.
const cellWidth = 50;
const pageWidth = 80;

/** What was found, as tables; with `annotations` what metadata says too. */
export function inspectText(found: Inspected, annotations: boolean): string {
  return [
    manifestTable(found),
    namespaceTable(found),
    ...(annotations && found.annotations.length > 0
      ? ["ANNOTATIONS:\n", ...found.annotations.map(annotationText)]
      : []),
  ].join("");
}

/** The same as JSON in OPA's names. */
export function inspectJson(found: Inspected, annotations: boolean): string {
  const members: (readonly [string, Shown])[] = [
    ...(found.manifest
      ? [["manifest", manifestMembers(found.manifest)] as const]
      : []),
    [
      "signatures_config",
      new Members(
        found.signatures.length > 0 ? [["signatures", found.signatures]] : [],
      ),
    ],
  ];
  if (found.wasmModules.length > 0) {
    members.push([
      "wasm_modules",
      found.wasmModules.map((one) => shownPlain(one)),
    ]);
  }
  if (found.namespaces.size > 0) {
    members.push(["namespaces", new Members([...found.namespaces])]);
  }
  if (annotations && found.annotations.length > 0) {
    members.push(["annotations", found.annotations.map(annotationMembers)]);
  }
  members.push(["capabilities", capabilityMembers(found)]);
  return indentedJson(new Members(members));
}

function annotationMembers({
  json,
  location: { file, row, col },
  pathJson,
}: PathAnnotations): Members {
  return new Members([
    ["annotations", inGoOrder(parseJson(json) as RegoObject)],
    ["location", shownPlain({ file, row, col })],
    ["path", termMembers(parseJson(pathJson))],
  ]);
}

// The order of the members of what Go has as structures.
const goOrder: ReadonlyMap<string, readonly string[]> = new Map([
  ["authors", ["name", "email"]],
  ["schemas", ["path", "schema", "definition"]],
]);

/** Annotations with the members of each author and schema in Go's order. */
function inGoOrder(found: RegoObject): Members {
  return new Members(
    jsonMembers(found).map(([key, value]) => {
      const order = goOrder.get(key);
      return [
        key,
        order
          ? (value as readonly RegoObject[]).map((one) => ordered(one, order))
          : value,
      ];
    }),
  );
}

function ordered(one: RegoObject, order: readonly string[]): Members {
  return new Members(
    order.flatMap((key) => {
      const value = one.get(key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** The terms of a path, whose type comes first. */
function termMembers(path: Value): Shown {
  return (path as readonly RegoObject[]).map(
    (term) =>
      new Members([
        ["type", term.get("type") ?? null],
        ["value", term.get("value") ?? null],
      ]),
  );
}

function capabilityMembers({ capabilities }: Inspected): Members {
  const { builtins, features, futureKeywords } = capabilities;
  const declared = builtins.flatMap((name) => {
    const found = opaCapabilities.builtins.find((one) => one.name === name);
    return found ? [minimal(found)] : [];
  });
  const lists: readonly (readonly [string, readonly Shown[]])[] = [
    ["builtins", declared],
    ["future_keywords", futureKeywords],
    ["features", features],
  ];
  return new Members(lists.filter(([, items]) => items.length > 0));
}

/** A builtin's declaration without the names of its operands. */
function minimal({
  decl,
  name,
  ...builtin
}: (typeof opaCapabilities.builtins)[number]): Shown {
  const { args, result, ...rest } = decl;
  const unnamed = (type: object): PlainJson => {
    const { name: _, ...bare } = type as { readonly name?: string };
    return bare as PlainJson;
  };
  const members = {
    ...(args && { args: args.map(unnamed) }),
    ...(result && { result: unnamed(result) }),
    ...rest,
  };
  return shownPlain({
    name,
    decl: members,
    ...builtin,
  } as PlainJson);
}

function manifestTable({ manifest }: Inspected): string {
  if (!manifest) {
    return "";
  }
  const { metadata, regoVersion, revision, roots } = manifest;
  const named = roots.length === 1 ? roots.filter(Boolean) : roots;
  const rows: (readonly [string, string])[] = [
    ...(regoVersion === undefined
      ? []
      : [["Rego Version", cut(String(regoVersion))] as const]),
    ...(revision === "" ? [] : [["Revision", cut(revision)] as const]),
    ...named.toSorted().map((root) => ["Roots", shortPath(root)] as const),
    ...(Object.keys(metadata).length === 0
      ? []
      : [["Metadata", cut(toGoJson(fromJs(metadata)))] as const]),
  ];
  return table("MANIFEST", ["FIELD", "VALUE"], rows);
}

function namespaceTable({ namespaces }: Inspected): string {
  const rows = [...namespaces].flatMap(([place, files]) =>
    files.map((file) => [place, shortPath(file)] as const),
  );
  return table("NAMESPACES", ["NAMESPACE", "FILE"], rows);
}

/** A table whose first column says a thing once. */
function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly [string, string])[],
): string {
  const merged = rows.map(([first, second], at) => [
    rows[at - 1]?.[0] === first ? "" : first,
    second,
  ]);
  return rows.length === 0 ? "" : `${title}:\n${tableText(heads, merged)}`;
}

function cut(text: string, width = cellWidth): string {
  return text.length < width ? text : `${text.slice(0, width - 3)}...`;
}

/** A long path with dots for folders behind the first. */
function shortPath(path: string): string {
  if (path.length < cellWidth) {
    return path;
  }
  const folder = dirname(path).replace(/^\//, "");
  const slash = folder.indexOf("/");
  const shortable = slash > 0 ? folder.slice(slash + 1) : folder;
  const spare = cellWidth - (path.length - shortable.length + 3);
  const dropped =
    spare > 0
      ? shortable.slice(0, Math.max(0, shortable.length - spare))
      : shortable;
  return dropped.length > 3 ? path.replace(dropped, "...") : path;
}

function annotationText({
  json,
  location: { file, row },
  name,
  package: packageName,
  rule,
}: PathAnnotations): string {
  const found = parseJson(json) as RegoObject;
  const text = (key: string): string => {
    const value = found.get(key);
    return typeof value === "string" ? value : "";
  };
  const title = text("title").trim() || name;
  const bytes = Buffer.byteLength(title);
  return [
    `${title}\n${"=".repeat(Math.min(bytes, pageWidth))}\n\n`,
    text("description") === "" ? "" : `${text("description")}\n\n`,
    `Package:  ${packageName}\n`,
    rule === undefined ? "" : `Rule:     ${rule}\n`,
    `Location: ${file}:${row}\n`,
    text("scope") === "" ? "" : `Scope: ${text("scope")}\n`,
    found.get("entrypoint") === true ? "Entrypoint: true\n" : "",
    "\n",
    ...annotationLists(found),
  ].join("");
}

function annotationLists(found: RegoObject): readonly string[] {
  const items = (key: string): readonly Value[] =>
    (found.get(key) as readonly Value[] | undefined) ?? [];
  const custom = found.get("custom");
  return [
    list("Organizations", items("organizations").map(organization)),
    list("Authors", items("authors").map(author)),
    list("Schemas", items("schemas").map(schema), ": "),
    list("Related Resources", items("related_resources").map(resource), " "),
    list(
      "Custom",
      custom instanceof RegoObject
        ? jsonMembers(custom).map(([key, value]) => [key, toGoJson(value)])
        : [],
      ": ",
    ),
  ];
}

type Item = readonly [key: string, value: string];

function list(title: string, items: readonly Item[], separator = ""): string {
  const width = Math.max(...items.map(([key]) => key.length));
  const lines = items.map(([key, value]) =>
    value === ""
      ? ` ${key}`
      : ` ${key}${separator}${" ".repeat(width - key.length)}${value}`,
  );
  return items.length === 0
    ? ""
    : `${title}:\n${lines.map((line) => `${cut(line, pageWidth)}\n`).join("")}\n`;
}

function organization(value: Value): Item {
  return [oneLine(String(value)), ""];
}

function author(value: Value): Item {
  const [name, email] = textsOf(value, ["name", "email"]);
  const shown = email === "" ? name : `${name} <${email}>`.trimStart();
  return [oneLine(shown), ""];
}

function schema(value: Value): Item {
  const one = value as RegoObject;
  const schemaRef = one.get("schema");
  const definition = one.get("definition");
  return [
    refText(one.get("path")),
    schemaRef === undefined
      ? definition === undefined
        ? ""
        : toGoJson(definition)
      : refText(schemaRef),
  ];
}

function resource(value: Value): Item {
  const [ref, description] = textsOf(value, ["ref", "description"]);
  return [oneLine(ref), description];
}

function textsOf(
  value: Value,
  [first, second]: readonly [string, string],
): readonly [string, string] {
  const one = value as RegoObject;
  return [String(one.get(first) ?? ""), String(one.get(second) ?? "")];
}

/** A ref from its terms, as `data.x.y`. */
function refText(path: Value | undefined): string {
  return ((path as readonly RegoObject[] | undefined) ?? [])
    .map((term) => String(term.get("value")))
    .join(".");
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}
