import { PolicyError } from "../error.ts";
import { assemble, type ParsedModule, type Statement } from "./assemble.ts";
import type {
  Annotations,
  Body,
  Comment,
  Import,
  Module,
  Package,
  Rule,
  Term,
} from "./ast.ts";
import { jsonObject } from "./json-text.ts";
import { parseAnnotations } from "./parse-annotations.ts";
import { parseCollection } from "./parse-collection.ts";
import { parseImport, parsePackage } from "./parse-import.ts";
import { parseBody as parseBodyUntil, parseQuery } from "./parse-literal.ts";
import { parseRules } from "./parse-rule.ts";
import { parseTemplate } from "./parse-template.ts";
import {
  at,
  createParser,
  fail,
  type Grammar,
  locate,
  type Parser,
  restore,
  save,
  toError,
} from "./parser-state.ts";
import type { IsBuiltin } from "./rule-from-body.ts";

const grammar: Grammar = {
  body: parseBodyUntil,
  collection: parseCollection,
  template: parseTemplate,
};

type ParseOptions = {
  /** The language version; an `import rego.v1` makes any module version 1. */
  readonly regoVersion?: 0 | 1;
  /** The version of files by name, where it is another. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
  /** Tells builtins' names, which no fact `f(x)` may have. */
  readonly isBuiltin?: IsBuiltin;
  /** Metadata blocks are read unless this is false. */
  readonly annotations?: boolean;
  /** Everything has the place where it is written, as a formatter needs it. */
  readonly asWritten?: boolean;
};

type Failed = { readonly errors: readonly PolicyError[] };

/** Parses files by name; or says everything that is wrong with any of them. */
export function parseModules(
  files: Readonly<Record<string, string>>,
  options: ParseOptions = {},
): { readonly modules: readonly Module[] } | Failed {
  const modules: Module[] = [];
  const errors: PolicyError[] = [];
  for (const [file, text] of Object.entries(files)) {
    const parsed = parseModule(file, text, options);
    if ("errors" in parsed) {
      errors.push(...parsed.errors);
    } else {
      modules.push(parsed.module);
    }
  }
  return errors.length > 0 ? { errors } : { modules };
}

/** Parses one Rego file: package { import } { rule }; or says what is wrong. */
function parseModule(
  file: string,
  text: string,
  options: ParseOptions = {},
): ParsedModule {
  const { annotations = true } = options;
  const regoVersion = options.regoVersions?.[file] ?? options.regoVersion ?? 1;
  const { isBuiltin = () => false } = options;
  const parser = createParser(file, text, regoVersion, grammar);
  parser.asWritten = options.asWritten ?? false;
  const statements = parseAll(parser);
  const blocks = annotations
    ? parseAnnotations(commentsOf(parser), parseAlone)
    : { annotations: [], errors: [] };
  const errors = [...parser.state.errors.map(toError), ...blocks.errors];
  if (errors.length > 0) {
    return { errors };
  }
  if (statements.length === 0) {
    const [block] = blocks.annotations;
    const location = block?.location ?? { file, row: 0, col: 0, text: "" };
    const message = block ? "package expected" : "empty module";
    const error = new PolicyError("rego_parse_error", message, { location });
    return { errors: [error] };
  }
  return assemble(statements, {
    annotations: blocks.annotations,
    comments: withBlocks(commentsOf(parser), blocks.annotations),
    tokens: parser.tokens.seen,
    regoVersion,
    isBuiltin,
  });
}

/** What is nested beyond the host's stack is a fault like OPA's own limit. */
function parseAll(parser: Parser): Statement[] {
  try {
    return parseStatements(parser, true);
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    fail(parser, locate(parser), "max parsing recursion depth exceeded");
    return [];
  }
}

/**
 * Reads statements to the end: each is a package, an import, a rule or else a
 * query, tried in this order.
 */
function parseStatements(parser: Parser, withRules: boolean): Statement[] {
  const statements: Statement[] = [];
  while (!at(parser, "eof")) {
    const statement = parseStatement(parser, withRules);
    if (statement === undefined) {
      break;
    }
    statements.push(statement);
  }
  return statements;
}

function parseStatement(
  parser: Parser,
  withRules: boolean,
): Statement | undefined {
  const attempts: (() => Statement | undefined)[] = [];
  if (at(parser, "package")) {
    attempts.push(() => toStatement("package", parsePackage(parser)));
  }
  if (at(parser, "import")) {
    attempts.push(() => toStatement("import", parseImport(parser)));
  }
  if (withRules) {
    attempts.push(() => toStatement("rules", parseRules(parser)));
  }
  for (const attempt of attempts) {
    const start = save(parser);
    const statement = attempt();
    if (statement) {
      return statement;
    }
    if (parser.state.errors.length > 0) {
      return undefined;
    }
    restore(parser, start);
  }
  return toStatement("body", parseQuery(parser, "eof", true));
}

function toStatement(
  kind: "package",
  value: Package | undefined,
): Statement | undefined;
function toStatement(
  kind: "import",
  value: Import | undefined,
): Statement | undefined;
function toStatement(
  kind: "rules",
  value: Rule[] | undefined,
): Statement | undefined;
function toStatement(
  kind: "body",
  value: Body | undefined,
): Statement | undefined;
function toStatement(kind: string, value: unknown): Statement | undefined {
  return value === undefined ? undefined : ({ kind, value } as Statement);
}

function commentsOf({ state, tokens }: Parser): readonly Comment[] {
  return tokens.comments.slice(0, state.token.comments);
}

/** The comment that begins a block spans it. */
function withBlocks(
  comments: readonly Comment[],
  blocks: readonly Annotations[],
): readonly Comment[] {
  const byOffset = new Map(
    blocks.map(({ location }) => [location.offset, location]),
  );
  return comments.map((comment) => {
    const location = byOffset.get(comment.location.offset);
    return location ? { ...comment, location } : comment;
  });
}

/** One term, for refs within annotations; undefined when it is none. */
function parseAlone(text: string): Term | undefined {
  try {
    const [expr, ...more] = parseBody("", text);
    return expr?.terms.kind === "term" && more.length === 0
      ? expr.terms.term
      : undefined;
  } catch {
    return undefined;
  }
}

/** Where a query stands: whose rules it may name alone, and its imports. */
export type QueryScope = {
  readonly package: Package | undefined;
  readonly imports: readonly Import[];
};

/** Reads the name of a package and import paths, as `eval` takes them. Throws the first fault. */
export function parseQueryScope(
  packageName: string | undefined,
  importPaths: readonly string[],
): QueryScope {
  const [first] =
    packageName === undefined ? [] : [parseSingle(`package ${packageName}`)];
  return {
    package: first?.kind === "package" ? first.value : undefined,
    imports: importPaths.flatMap((path) => {
      const statement = parseSingle(`import ${path}`);
      return statement.kind === "import" ? [statement.value] : [];
    }),
  };
}

function parseSingle(text: string): Statement {
  const parser = createParser("", text, 1, grammar);
  const [statement, ...more] = parseStatements(parser, false);
  const [fault] = parser.state.errors;
  if (fault) {
    // It is part of no file: the error shows the line itself.
    const { location } = fault;
    const idx = location.col - 1;
    throw new PolicyError("rego_parse_error", fault.text, {
      location,
      details: {
        lines: [text, `${" ".repeat(idx)}^`],
        json: jsonObject({ line: text, idx: { number: String(idx) } }),
      },
    });
  }
  if (statement === undefined || more.length > 0) {
    throw new PolicyError("rego_parse_error", "expected exactly one statement");
  }
  return statement;
}

/** Parses a query: expressions up to the end of the text. Throws the first fault. */
export function parseBody(
  file: string,
  text: string,
  options: ParseOptions = {},
): Body {
  const parser = createParser(file, text, options.regoVersion ?? 1, grammar);
  const statements = parseStatements(parser, false);
  const [fault] = parser.state.errors;
  if (fault) {
    throw toError(fault);
  }
  const exprs = statements.flatMap((statement) =>
    statement.kind === "body" ? statement.value : [],
  );
  return exprs.map((expr, index) => ({ ...expr, index }));
}
