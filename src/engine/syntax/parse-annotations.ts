import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { YamlMap, YamlType, YamlValue } from "../yaml/decode.ts";
import { readYamlFields } from "../yaml/read-yaml.ts";
import {
  AnnotationFault,
  checkKeys,
  type ParseTerm,
  toAuthor,
  toCompile,
  toRelatedResource,
  toSchema,
} from "./annotation-fields.ts";
import type { Annotations, Comment } from "./ast.ts";
import { goCharacter } from "./go-text.ts";

const fieldTypes: Readonly<Record<string, YamlType>> = {
  scope: "string",
  title: "string",
  entrypoint: "bool",
  description: "string",
  organizations: "[]string",
  related_resources: "[]interface {}",
  authors: "[]interface {}",
  schemas: "[]map[string]interface {}",
  compile: "map[string]interface {}",
  custom: "map[string]interface {}",
  labels: "map[string]interface {}",
};

export type ParsedAnnotations = {
  readonly annotations: readonly Annotations[];
  readonly errors: readonly PolicyError[];
};

/** Reads the metadata blocks among a module's comments; none has a target yet. */
export function parseAnnotations(
  comments: readonly Comment[],
  parse: ParseTerm,
): ParsedAnnotations {
  const annotations: Annotations[] = [];
  const errors: PolicyError[] = [];
  for (const [index, comment] of comments.entries()) {
    if (isMetadata(comment)) {
      const found = parseBlock(comment, blockAfter(comments, index), parse);
      if (found instanceof PolicyError) {
        errors.push(found);
      } else {
        annotations.push(found);
      }
    }
  }
  return { annotations, errors };
}

function isMetadata({ location, text }: Comment): boolean {
  return location.col === 1 && text.trim().startsWith("METADATA");
}

/** The comments below, each on the line after the other. */
function blockAfter(comments: readonly Comment[], index: number): Comment[] {
  const block: Comment[] = [];
  const start = comments[index]?.location.row ?? 0;
  for (const comment of comments.slice(index + 1)) {
    const { col, row } = comment.location;
    if (col !== 1 || row !== start + block.length + 1 || isMetadata(comment)) {
      break;
    }
    block.push(comment);
  }
  return block;
}

function parseBlock(
  head: Comment,
  block: readonly Comment[],
  parse: ParseTerm,
): Annotations | PolicyError {
  const fail = (message: string, at: Location): PolicyError =>
    new PolicyError("rego_parse_error", message, { location: at });
  const lines = block.map(({ text }) => text.replace(/^ /, ""));
  const yaml = lines.map((line) => `${line}\n`).join("");
  if (yaml.trim() === "") {
    const message = "expected METADATA block, found whitespace";
    return fail(message, head.location);
  }
  const read = readYamlFields(yaml, fieldTypes, "ast.rawAnnotation");
  if ("fault" in read) {
    const place = faultPlace(read.fault, block) ?? head.location;
    return fail(withHints(read.fault, block), place);
  }
  const location = {
    ...head.location,
    text: ["# METADATA", ...lines.map((line) => `# ${line}`)].join("\n"),
  };
  try {
    return toAnnotations(read.fields, location, parse);
  } catch (error) {
    if (error instanceof AnnotationFault) {
      return fail(error.message, head.location);
    }
    throw error;
  }
}

function faultPlace(
  fault: string,
  block: readonly Comment[],
): Location | undefined {
  const line = /^yaml:(?: unmarshal errors:\s*)? line ([0-9]+):/.exec(fault);
  const index = line ? Number(line[1]) : 0;
  return (block[index] ?? block.at(-1))?.location;
}

/** A `:` needs a blank behind it: says where it has something else. */
function withHints(fault: string, block: readonly Comment[]): string {
  const hints = block.flatMap(({ location, text }) => {
    const wrong = wrongSpaces(text.split(":").slice(1));
    return wrong.length === 0
      ? []
      : [
          `\n  Hint: on line ${location.row}, symbol(s) [${wrong.join(" ")}] immediately following a key/value separator ':' is not a legal yaml space character`,
        ];
  });
  return fault + hints.join("");
}

function wrongSpaces(parts: readonly string[]): string[] {
  const wrong: string[] = [];
  for (const [index, part] of parts.entries()) {
    const [first = "\ufffd"] = part;
    const isLast = part === "" && index === parts.length - 1;
    if (isLast || first === " " || first === "\t") {
      break;
    }
    wrong.push(goCharacter(first));
  }
  return wrong;
}

function toAnnotations(
  fields: ReadonlyMap<string, YamlValue>,
  location: Location,
  parse: ParseTerm,
): Annotations {
  const text = (name: string): string => (fields.get(name) as string) ?? "";
  const list = (name: string): readonly YamlValue[] =>
    (fields.get(name) as readonly YamlValue[]) ?? [];
  const map = (name: string): YamlMap | undefined =>
    fields.get(name) as YamlMap | undefined;
  const compile = map("compile");
  const annotations: Annotations = {
    scope: text("scope"),
    title: text("title"),
    description: text("description"),
    entrypoint: fields.get("entrypoint") === true,
    organizations: list("organizations") as readonly string[],
    relatedResources: list("related_resources").map(toRelatedResource),
    compile: compile && toCompile(compile, parse),
    schemas: list("schemas").map((value) => toSchema(value, parse)),
    authors: list("authors").map(toAuthor),
    custom: map("custom"),
    labels: map("labels"),
    location,
    target: undefined,
  };
  for (const values of [annotations.custom, annotations.labels]) {
    for (const value of values?.values() ?? []) {
      checkKeys(value, []);
    }
  }
  return annotations;
}
