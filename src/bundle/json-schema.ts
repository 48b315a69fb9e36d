import type { Group, Setting } from "./setting.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of a settings table, for editors. */
export function toJsonSchema(shape: Group): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...toSchema(shape),
  };
}

function toSchema(shape: Setting | Group): Schema {
  const { description } = shape;
  return shape.kind === "group"
    ? { description, ...groupSchema(shape) }
    : { description, ...settingSchema(shape), ...defaultOf(shape) };
}

function groupSchema(shape: Group): Schema {
  const members = Object.entries(
    shape.members as Readonly<Record<string, Setting | Group>>,
  );
  const required = members
    .filter(([, member]) => isRequired(member))
    .map(([name]) => name);
  return {
    // An empty file is a mapping without keys.
    type: ["object", "null"],
    additionalProperties: false,
    properties: Object.fromEntries(
      members.map(([name, member]) => [name, toSchema(member)]),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}

function isRequired(member: Setting | Group): boolean {
  return member.kind !== "group" && !member.optional && !("fallback" in member);
}

function settingSchema(shape: Setting): Schema {
  switch (shape.kind) {
    case "text":
      return {
        type: "string",
        ...(shape.pattern ? { pattern: shape.pattern.source } : {}),
      };
    case "whole":
      return wholeSchema(shape);
    case "flag":
      return { type: "boolean" };
    case "choice":
      return { enum: shape.words };
    case "list":
      return { type: "array", items: toSchema(shape.each as Setting) };
    case "table":
      return {
        type: "object",
        additionalProperties: toSchema(shape.each as Setting),
      };
  }
}

function wholeSchema({ least, greatest }: Setting): Schema {
  return {
    anyOf: [
      {
        type: "integer",
        minimum: least,
        ...(greatest === undefined ? {} : { maximum: greatest }),
      },
      { type: "string", pattern: "^[0-9][0-9_]*$" },
    ],
  };
}

function defaultOf(shape: Setting): Schema {
  return shape.fallback === undefined ? {} : { default: shape.fallback };
}
