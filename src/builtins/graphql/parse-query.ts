import {
  parseArguments,
  parseDirectives,
  parseType,
  parseValue,
  parseVariable,
} from "./parse-common.ts";
import { type Node, Parser } from "./parser.ts";

const operationTypes = ["query", "mutation", "subscription"];

/** The tree of a document of operations and fragments. */
export function parseQuery(text: string): Node {
  const parser = new Parser(text);
  const operations: Node[] = [];
  const fragments: Node[] = [];
  while (!parser.has("<EOF>")) {
    const { kind, value } = parser.peek();
    if (kind === "{" || (kind === "Name" && operationTypes.includes(value))) {
      operations.push(parseOperation(parser));
    } else if (kind === "Name" && value === "fragment") {
      fragments.push(parseFragmentDefinition(parser));
    } else {
      parser.unexpected();
    }
  }
  return { Operations: operations, Fragments: fragments, Comment: null };
}

function parseOperation(parser: Parser): Node {
  parser.peek();
  const { comment } = parser;
  if (parser.has("{")) {
    return {
      Operation: "query",
      Name: "",
      SelectionSet: parseSelectionSet(parser),
      // OPA's parser has lost it by then.
      Comment: null,
    };
  }
  return {
    Operation: parseOperationType(parser),
    Name: parser.has("Name") ? parser.name() : "",
    VariableDefinitions: parseVariableDefinitions(parser),
    Directives: parseDirectives(parser, false),
    SelectionSet: parseSelectionSet(parser),
    Comment: comment,
  };
}

export function parseOperationType(parser: Parser): string {
  const token = parser.next();
  return operationTypes.includes(token.value)
    ? token.value
    : parser.unexpected(token);
}

function parseVariableDefinitions(parser: Parser): Node[] | null {
  return parser.some("(", ")", () => {
    parser.peek();
    const { comment } = parser;
    const variable = parseVariable(parser);
    parser.expect(":");
    return {
      Variable: variable,
      Type: parseType(parser),
      DefaultValue: parser.skip("=") ? parseValue(parser, true) : null,
      Directives: parseDirectives(parser, false),
      Comment: comment,
      Definition: null,
      Used: false,
    };
  });
}

function parseSelectionSet(parser: Parser): Node[] | null {
  const token = parser.peek();
  if (token.kind !== "{") {
    parser.fail(token, `Expected {, found ${token.kind}`);
  }
  return parser.some("{", "}", () => parseSelection(parser));
}

function parseSelection(parser: Parser): Node {
  return parser.has("...") ? parseFragment(parser) : parseField(parser);
}

function parseField(parser: Parser): Node {
  parser.peek();
  const { comment } = parser;
  const alias = parser.name();
  return {
    Alias: alias,
    Name: parser.skip(":") ? parser.name() : alias,
    Arguments: parseArguments(parser, false),
    Directives: parseDirectives(parser, false),
    SelectionSet: parser.has("{") ? parseSelectionSet(parser) : null,
    Comment: comment,
    Definition: null,
    ObjectDefinition: null,
  };
}

function parseFragment(parser: Parser): Node {
  const { comment } = parser;
  parser.expect("...");
  if (parser.has("Name") && !parser.hasName("on")) {
    return {
      Name: parser.name(),
      Directives: parseDirectives(parser, false),
      ObjectDefinition: null,
      Definition: null,
      Comment: comment,
    };
  }
  const condition = parser.hasName("on");
  if (condition) {
    parser.next();
  }
  return {
    TypeCondition: condition ? parser.name() : "",
    Directives: parseDirectives(parser, false),
    SelectionSet: parseSelectionSet(parser),
    ObjectDefinition: null,
    Comment: comment,
  };
}

function parseFragmentDefinition(parser: Parser): Node {
  parser.peek();
  const { comment } = parser;
  parser.expectKeyword("fragment");
  if (parser.hasName("on")) {
    parser.unexpected();
  }
  const name = parser.name();
  const variables = parseVariableDefinitions(parser);
  parser.expectKeyword("on");
  return {
    Name: name,
    VariableDefinition: variables,
    TypeCondition: parser.name(),
    Directives: parseDirectives(parser, false),
    SelectionSet: parseSelectionSet(parser),
    Definition: null,
    Comment: comment,
  };
}
