import { parseDirectives, parseType, parseValue } from "./parse-common.ts";
import { parseOperationType } from "./parse-query.ts";
import { type Comments, type Node, Parser } from "./parser.ts";

type Description = { readonly text: string; readonly comment: Comments };

const noDescription: Description = { text: "", comment: null };

/** The kinds of types by their keyword. */
const typeKinds = {
  scalar: "SCALAR",
  type: "OBJECT",
  interface: "INTERFACE",
  union: "UNION",
  enum: "ENUM",
  input: "INPUT_OBJECT",
} as const;

type TypeWord = keyof typeof typeKinds;

/** The tree of a document of definitions and extensions. */
export function parseSchema(text: string): Node {
  const parser = new Parser(text);
  const lists = {
    Schema: [] as Node[],
    SchemaExtension: [] as Node[],
    Directives: [] as Node[],
    Definitions: [] as Node[],
    Extensions: [] as Node[],
  };
  while (!parser.has("<EOF>")) {
    const described = parser.peek();
    const description = parseDescription(parser);
    const { kind, value } = parser.peek();
    if (kind !== "Name") {
      parser.unexpected();
    }
    if (Object.hasOwn(typeKinds, value)) {
      lists.Definitions.push(
        parseDefinition(parser, value as TypeWord, description),
      );
    } else if (value === "schema") {
      lists.Schema.push(parseSchemaDefinition(parser, description));
    } else if (value === "directive") {
      lists.Directives.push(parseDirectiveDefinition(parser, description));
    } else if (value === "extend") {
      if (description.text !== "") {
        parser.unexpected(described);
      }
      parseExtension(parser, lists);
    } else {
      parser.unexpected();
    }
  }
  return { ...lists, Comment: parser.comment };
}

function parseDescription(parser: Parser): Description {
  const { kind } = parser.peek();
  if (kind !== "BlockString" && kind !== "String") {
    return noDescription;
  }
  const { comment } = parser;
  return { text: parser.next().value, comment };
}

function parseSchemaDefinition(parser: Parser, description: Description): Node {
  const comment = parser.expectKeyword("schema");
  const directives = parseDirectives(parser, true);
  const operations = parser.someWithComment("{", "}", () =>
    parseOperationTypeDefinition(parser),
  );
  return {
    Description: description.text,
    Directives: directives,
    OperationTypes: operations.list,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: comment,
    EndOfDefinitionComment: operations.comment,
  };
}

function parseOperationTypeDefinition(parser: Parser): Node {
  parser.peek();
  const { comment } = parser;
  const operation = parseOperationType(parser);
  parser.expect(":");
  return { Operation: operation, Type: parser.name(), Comment: comment };
}

/** A type, or with `extend` the extension of one, whose comment is then given. */
function parseDefinition(
  parser: Parser,
  word: TypeWord,
  description: Description,
  extend?: { readonly comment: Comments },
): Node {
  const keyword = parser.expectKeyword(word);
  const name = parser.name();
  const mayImplement =
    word === "type" || (word === "interface" && extend === undefined);
  const interfaces = mayImplement ? parseInterfaces(parser) : null;
  const directives = parseDirectives(
    parser,
    !(word === "input" && extend !== undefined),
  );
  const body = parseBody(parser, word);
  if (
    extend !== undefined &&
    interfaces === null &&
    directives === null &&
    (body.Fields ?? body.Types ?? body.EnumValues ?? null) === null
  ) {
    parser.unexpected();
  }
  return {
    Kind: typeKinds[word],
    Description: description.text,
    Name: name,
    Directives: directives,
    Interfaces: interfaces,
    ...body,
    BuiltIn: false,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: extend === undefined ? keyword : extend.comment,
  };
}

type Body = {
  readonly Fields?: Node[] | null;
  readonly Types?: string[] | null;
  readonly EnumValues?: Node[] | null;
  readonly EndOfDefinitionComment?: Comments;
};

function parseBody(parser: Parser, word: TypeWord): Body {
  switch (word) {
    case "scalar":
      return {};
    case "union":
      return { Types: parseMembers(parser) };
    case "enum": {
      const values = parser.someWithComment("{", "}", () =>
        parseEnumValue(parser),
      );
      return {
        EnumValues: values.list,
        EndOfDefinitionComment: values.comment,
      };
    }
    default: {
      const fields = parser.someWithComment("{", "}", () =>
        word === "input" ? parseInputValue(parser) : parseField(parser),
      );
      return { Fields: fields.list, EndOfDefinitionComment: fields.comment };
    }
  }
}

function parseInterfaces(parser: Parser): string[] | null {
  if (parser.peek().value !== "implements") {
    return null;
  }
  parser.next();
  parser.skip("&");
  return parseNames(parser, "&");
}

function parseMembers(parser: Parser): string[] | null {
  if (!parser.skip("=")) {
    return null;
  }
  parser.skip("|");
  return parseNames(parser, "|");
}

function parseNames(parser: Parser, separator: "&" | "|"): string[] {
  const names = [parser.name()];
  while (parser.skip(separator)) {
    names.push(parser.name());
  }
  return names;
}

/** What begins a field, an argument or a value of an enum. */
function parseHead(parser: Parser): Node {
  const description = parseDescription(parser);
  parser.peek();
  const { comment } = parser;
  return {
    Description: description.text,
    Name: parser.name(),
    BeforeDescriptionComment:
      description.text === "" ? null : description.comment,
    AfterDescriptionComment: comment,
  };
}

function parseField(parser: Parser): Node {
  const head = parseHead(parser);
  const args = parser.some("(", ")", () => parseInputValue(parser));
  parser.expect(":");
  return {
    ...head,
    Arguments: args,
    DefaultValue: null,
    Type: parseType(parser),
    Directives: parseDirectives(parser, true),
  };
}

function parseInputValue(parser: Parser): Node {
  const head = parseHead(parser);
  parser.expect(":");
  return {
    ...head,
    Type: parseType(parser),
    DefaultValue: parser.skip("=") ? parseValue(parser, true) : null,
    Directives: parseDirectives(parser, true),
  };
}

function parseEnumValue(parser: Parser): Node {
  const head = parseHead(parser);
  return { ...head, Directives: parseDirectives(parser, true) };
}

function parseExtension(
  parser: Parser,
  lists: { readonly SchemaExtension: Node[]; readonly Extensions: Node[] },
): void {
  const comment = parser.expectKeyword("extend");
  const { value } = parser.peek();
  if (value === "schema") {
    const extension = parseSchemaDefinition(parser, noDescription);
    if (
      extension["Directives"] === null &&
      extension["OperationTypes"] === null
    ) {
      parser.unexpected();
    }
    lists.SchemaExtension.push({
      ...extension,
      AfterDescriptionComment: comment,
    });
  } else if (Object.hasOwn(typeKinds, value)) {
    lists.Extensions.push(
      parseDefinition(parser, value as TypeWord, noDescription, { comment }),
    );
  } else {
    parser.unexpected();
  }
}

const locations: ReadonlySet<string> = new Set([
  "QUERY",
  "MUTATION",
  "SUBSCRIPTION",
  "FIELD",
  "FRAGMENT_DEFINITION",
  "FRAGMENT_SPREAD",
  "INLINE_FRAGMENT",
  "VARIABLE_DEFINITION",
  "SCHEMA",
  "SCALAR",
  "OBJECT",
  "FIELD_DEFINITION",
  "ARGUMENT_DEFINITION",
  "INTERFACE",
  "UNION",
  "ENUM",
  "ENUM_VALUE",
  "INPUT_OBJECT",
  "INPUT_FIELD_DEFINITION",
]);

function parseDirectiveDefinition(
  parser: Parser,
  description: Description,
): Node {
  const comment = parser.expectKeyword("directive");
  parser.expect("@");
  const name = parser.name();
  const args = parser.some("(", ")", () => parseInputValue(parser));
  const isRepeatable = parser.hasName("repeatable");
  if (isRepeatable) {
    parser.next();
  }
  parser.expectKeyword("on");
  parser.skip("|");
  const found = [parseLocation(parser)];
  while (parser.skip("|")) {
    found.push(parseLocation(parser));
  }
  return {
    Description: description.text,
    Name: name,
    Arguments: args,
    Locations: found,
    IsRepeatable: isRepeatable,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: comment,
  };
}

function parseLocation(parser: Parser): string {
  const token = parser.expect("Name");
  return locations.has(token.value) ? token.value : parser.unexpected(token);
}
