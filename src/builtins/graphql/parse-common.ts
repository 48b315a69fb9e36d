import type { TokenKind } from "./lexer.ts";
import type { Node, Parser } from "./parser.ts";

/** gqlparser's numbers of the kinds of values. */
const valueKinds: Readonly<Partial<Record<TokenKind, number>>> = {
  Int: 1,
  Float: 2,
  String: 3,
  BlockString: 4,
};

export const valueKind = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const;

export function parseDirectives(
  parser: Parser,
  isConst: boolean,
): Node[] | null {
  const directives: Node[] = [];
  while (parser.skip("@")) {
    directives.push({
      Name: parser.name(),
      Arguments: parseArguments(parser, isConst),
      ParentDefinition: null,
      Definition: null,
      Location: "",
    });
  }
  return directives.length === 0 ? null : directives;
}

export function parseArguments(
  parser: Parser,
  isConst: boolean,
): Node[] | null {
  return parser.some("(", ")", () => {
    parser.peek();
    const { comment } = parser;
    const name = parser.name();
    parser.expect(":");
    return {
      Name: name,
      Value: parseValue(parser, isConst),
      Comment: comment,
    };
  });
}

export function parseValue(parser: Parser, isConst: boolean): Node {
  const token = parser.peek();
  const { comment } = parser;
  switch (token.kind) {
    case "[":
      return composite(
        valueKind.list,
        parser.any("[", "]", () => ({
          Name: "",
          Value: parseValue(parser, isConst),
          Comment: null,
        })),
        comment,
      );
    case "{":
      return composite(
        valueKind.object,
        parser.any("{", "}", () => parseMember(parser, isConst)),
        comment,
      );
    case "$":
      return isConst
        ? parser.unexpected()
        : value(parseVariable(parser), valueKind.variable, null);
    case "Name":
      parser.next();
      return value(token.value, nameKind(token.value), parser.comment);
    default: {
      const kind = valueKinds[token.kind] ?? parser.unexpected();
      parser.next();
      return value(token.value, kind, parser.comment);
    }
  }
}

function nameKind(name: string): number {
  if (name === "true" || name === "false") {
    return valueKind.boolean;
  }
  return name === "null" ? valueKind.null : valueKind.enum;
}

function parseMember(parser: Parser, isConst: boolean): Node {
  parser.peek();
  const { comment } = parser;
  const name = parser.name();
  parser.expect(":");
  return { Name: name, Value: parseValue(parser, isConst), Comment: comment };
}

const unresolved = {
  Definition: null,
  VariableDefinition: null,
  ExpectedType: null,
  ExpectedTypeHasDefault: false,
};

function value(raw: string, kind: number, comment: unknown): Node {
  return {
    Raw: raw,
    Children: null,
    Kind: kind,
    Comment: comment,
    ...unresolved,
  };
}

function composite(
  kind: number,
  children: Node[] | null,
  comment: unknown,
): Node {
  return { ...value("", kind, comment), Children: children };
}

export function parseVariable(parser: Parser): string {
  parser.expect("$");
  return parser.name();
}

export function parseType(parser: Parser): Node {
  const isList = parser.skip("[");
  const type: Node = isList
    ? { NamedType: "", Elem: parser.nested(() => parseType(parser)) }
    : { NamedType: parser.name(), Elem: null };
  if (isList) {
    parser.expect("]");
  }
  type["NonNull"] = parser.skip("!");
  return type;
}
