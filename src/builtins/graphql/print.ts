import { valueKind } from "./parse-common.ts";
import type { Node } from "./parser.ts";

/** GraphQL text of a tree of operations and fragments. */
export function printQuery(document: Node): string {
  return [
    ...nodes(document["Operations"]).map(printOperation),
    ...nodes(document["Fragments"]).map(printFragmentDefinition),
  ].join("\n");
}

/** GraphQL text of a tree of definitions and extensions. */
export function printSchema(document: Node): string {
  return [
    ...nodes(document["Schema"]).map((node) => printSchemaDefinition(node)),
    ...nodes(document["SchemaExtension"]).map(
      (node) => `extend ${printSchemaDefinition(node)}`,
    ),
    ...nodes(document["Directives"]).map(printDirectiveDefinition),
    ...nodes(document["Definitions"]).map(printDefinition),
    ...nodes(document["Extensions"]).map(
      (node) => `extend ${printDefinition(node)}`,
    ),
  ].join("\n");
}

function nodes(list: unknown): readonly Node[] {
  return Array.isArray(list) ? list.filter((node) => isNode(node)) : [];
}

function isNode(node: unknown): node is Node {
  return typeof node === "object" && node !== null;
}

function text(field: unknown): string {
  return typeof field === "string" ? field : "";
}

function printOperation(node: Node): string {
  const operation = text(node["Operation"]) || "query";
  const name = text(node["Name"]);
  const variables = printVariables(node["VariableDefinitions"]);
  return `${operation} ${name}${variables}${printDirectives(node)}${printSelections(node)}`;
}

function printVariables(list: unknown): string {
  const variables = nodes(list).map((node) => {
    const type = printType(node["Type"]);
    return `$${text(node["Variable"])}: ${type}${printDefault(node)}${printDirectives(node)}`;
  });
  return variables.length === 0 ? "" : `(${variables.join(", ")})`;
}

function printDefault(node: Node): string {
  const value = node["DefaultValue"];
  return isNode(value) ? ` = ${printValue(value)}` : "";
}

function printDirectives(node: Node): string {
  return nodes(node["Directives"])
    .map((one) => ` @${text(one["Name"])}${printArguments(one)}`)
    .join("");
}

function printArguments(node: Node): string {
  const list = nodes(node["Arguments"]).map(printMember);
  return list.length === 0 ? "" : `(${list.join(", ")})`;
}

function printMember(node: Node): string {
  return `${text(node["Name"])}: ${printValue(node["Value"])}`;
}

function printSelections(node: Node): string {
  const list = nodes(node["SelectionSet"]).map(printSelection);
  return list.length === 0 ? "" : ` { ${list.join(" ")} }`;
}

/** A field has an alias, an inline fragment a set of selections, a spread only a name. */
function printSelection(node: Node): string {
  const tail = `${printDirectives(node)}${printSelections(node)}`;
  if (typeof node["Alias"] === "string") {
    const [alias, name] = [node["Alias"], text(node["Name"])];
    const label = alias === name || alias === "" ? name : `${alias}: ${name}`;
    return `${label}${printArguments(node)}${tail}`;
  }
  if (typeof node["Name"] === "string" && node["Name"] !== "") {
    return `...${node["Name"]}${tail}`;
  }
  const condition = text(node["TypeCondition"]);
  return `...${condition === "" ? "" : ` on ${condition}`}${tail}`;
}

function printFragmentDefinition(node: Node): string {
  const variables = printVariables(node["VariableDefinition"]);
  return `fragment ${text(node["Name"])}${variables} on ${text(node["TypeCondition"])}${printDirectives(node)}${printSelections(node)}`;
}

function printValue(value: unknown): string {
  if (!isNode(value)) {
    return "null";
  }
  const raw = text(value["Raw"]);
  const children = nodes(value["Children"]);
  switch (Number(value["Kind"] ?? valueKind.variable)) {
    case valueKind.variable:
      return `$${raw}`;
    case valueKind.string:
    case valueKind.block:
      return JSON.stringify(raw);
    case valueKind.list:
      return `[${children.map((child) => printValue(child["Value"])).join(", ")}]`;
    case valueKind.object:
      return `{${children.map(printMember).join(", ")}}`;
    default:
      return raw;
  }
}

function printType(type: unknown): string {
  if (!isNode(type)) {
    return "";
  }
  const inner = isNode(type["Elem"])
    ? `[${printType(type["Elem"])}]`
    : text(type["NamedType"]);
  return type["NonNull"] === true ? `${inner}!` : inner;
}

function printSchemaDefinition(node: Node): string {
  const operations = nodes(node["OperationTypes"]).map(
    (one) => `${text(one["Operation"])}: ${text(one["Type"])}`,
  );
  const body = operations.length === 0 ? "" : ` { ${operations.join(" ")} }`;
  return `schema${printDirectives(node)}${body}`;
}

function printDirectiveDefinition(node: Node): string {
  const repeatable = node["IsRepeatable"] === true ? " repeatable" : "";
  const locations = (node["Locations"] as string[] | undefined) ?? [];
  return `directive @${text(node["Name"])}${printInputs(node)}${repeatable} on ${locations.join(" | ")}`;
}

function printInputs(node: Node): string {
  const list = nodes(node["Arguments"]).map(printField);
  return list.length === 0 ? "" : `(${list.join(", ")})`;
}

function printField(node: Node): string {
  return `${text(node["Name"])}${printInputs(node)}: ${printType(node["Type"])}${printDefault(node)}${printDirectives(node)}`;
}

const words: Readonly<Record<string, string>> = {
  SCALAR: "scalar",
  OBJECT: "type",
  INTERFACE: "interface",
  UNION: "union",
  ENUM: "enum",
  INPUT_OBJECT: "input",
};

function printDefinition(node: Node): string {
  const interfaces = (node["Interfaces"] as string[] | undefined) ?? [];
  const types = (node["Types"] as string[] | undefined) ?? [];
  const fields = nodes(node["Fields"]).map(printField);
  const values = nodes(node["EnumValues"]).map(
    (one) => `${text(one["Name"])}${printDirectives(one)}`,
  );
  const body = [...fields, ...values];
  return [
    words[text(node["Kind"])] ?? "",
    ` ${text(node["Name"])}`,
    interfaces.length === 0 ? "" : ` implements ${interfaces.join(" & ")}`,
    printDirectives(node),
    types.length === 0 ? "" : ` = ${types.join(" | ")}`,
    body.length === 0 ? "" : ` { ${body.join("\n")} }`,
  ].join("");
}
