import type { Body, Import, Module, Rule } from "./ast.ts";
import { createFileLexer } from "./lexer.ts";
import { parseCollection } from "./parse-collection.ts";
import { parseBody as parseBodyUntil } from "./parse-expr.ts";
import { parseImport, parsePackage } from "./parse-import.ts";
import { parseRules } from "./parse-rule.ts";
import { parseTemplate } from "./parse-template.ts";
import {
  at,
  createParserState,
  type Grammar,
  type ParserState,
} from "./parser-state.ts";

const grammar: Grammar = {
  collection: parseCollection,
  template: parseTemplate,
};

type ParseOptions = {
  /** The language version; an `import rego.v1` makes any module version 1. */
  readonly regoVersion?: 0 | 1;
};

/**
 * Parses one Rego file. Throws `rego_parse_error` at the first fault.
 * module: package { import } { rule }.
 */
export function parseModule(
  file: string,
  text: string,
  options: ParseOptions = {},
): Module {
  const regoVersion = options.regoVersion ?? 1;
  const lexer = createFileLexer(file, text);
  const state = createParserState(lexer, regoVersion, grammar);
  if (at(state, "eof")) {
    lexer.source.fail("empty module", state.token.start);
  }
  const pkg = parsePackage(state);
  const imports: Import[] = [];
  const rules: Rule[] = [];
  while (!at(state, "eof")) {
    startsStatement(state);
    if (at(state, "import")) {
      imports.push(parseImport(state));
    } else {
      rules.push(...parseRules(state));
    }
  }
  return {
    package: pkg,
    imports,
    rules,
    annotations: [],
    comments: lexer.comments,
    regoVersion: imports.some(isRegoV1) ? 1 : regoVersion,
  };
}

/** Parses a query: a body up to the end of the text. */
export function parseBody(
  file: string,
  text: string,
  options: ParseOptions = {},
): Body {
  const state = createParserState(
    createFileLexer(file, text),
    options.regoVersion ?? 1,
    grammar,
  );
  return parseBodyUntil(state, "eof");
}

/** Two statements do not share a line, unless `;` stands between them. */
function startsStatement(state: ParserState): void {
  if (state.token.row === state.previous.endRow && state.previous.text !== "") {
    if (!at(state, ";")) {
      state.lexer.source.fail(
        `unexpected ${state.token.text} token`,
        state.token.start,
      );
    }
  }
}

function isRegoV1({ path }: Import): boolean {
  const [root, version] = path.value;
  return (
    root?.kind === "var" &&
    root.value === "rego" &&
    version?.kind === "string" &&
    version.value === "v1"
  );
}
