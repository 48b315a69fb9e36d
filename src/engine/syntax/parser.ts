import { PolicyError } from "../error.ts";
import type { Body, Import, Module, Package, Rule } from "./ast.ts";
import { checkV1Rule } from "./check-v1.ts";
import { parseCollection } from "./parse-collection.ts";
import { parseImport, parsePackage } from "./parse-import.ts";
import { parseBody as parseBodyUntil, parseQuery } from "./parse-literal.ts";
import { parseRules } from "./parse-rule.ts";
import { parseTemplate } from "./parse-template.ts";
import {
  at,
  createParser,
  type Grammar,
  type Parser,
  restore,
  save,
} from "./parser-state.ts";
import { type IsBuiltin, ruleFromBody } from "./rule-from-body.ts";

const grammar: Grammar = {
  body: parseBodyUntil,
  collection: parseCollection,
  template: parseTemplate,
};

type ParseOptions = {
  /** The language version; an `import rego.v1` makes any module version 1. */
  readonly regoVersion?: 0 | 1;
  /** Tells builtins' names, which no fact `f(x)` may have. */
  readonly isBuiltin?: IsBuiltin;
};

type Failed = { readonly errors: readonly PolicyError[] };

type ParsedModule = { readonly module: Module } | Failed;

type Statement =
  | { readonly kind: "package"; readonly value: Package }
  | { readonly kind: "import"; readonly value: Import }
  | { readonly kind: "rules"; readonly value: readonly Rule[] }
  | { readonly kind: "body"; readonly value: Body };

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
  const { regoVersion = 1, isBuiltin = () => false } = options;
  const parser = createParser(file, text, regoVersion, grammar);
  const statements = parseStatements(parser, true);
  if (parser.state.errors.length > 0) {
    return { errors: parser.state.errors };
  }
  if (statements.length === 0) {
    const location = { file, row: 1, col: 1 };
    const message = "empty module";
    const error = new PolicyError("rego_parse_error", message, { location });
    return { errors: [error] };
  }
  return assemble(parser, statements, isBuiltin);
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

function assemble(
  parser: Parser,
  [first, ...rest]: readonly Statement[],
  isBuiltin: IsBuiltin,
): ParsedModule {
  const errors: PolicyError[] = [];
  const fail = (message: string, statement: Statement | undefined): void => {
    const location = statement && placeOf(statement);
    errors.push(new PolicyError("rego_parse_error", message, { location }));
  };
  if (first?.kind !== "package") {
    fail("package expected", first);
  }
  const imports: Import[] = [];
  const rules: Rule[] = [];
  for (const statement of rest) {
    switch (statement.kind) {
      case "package":
        fail("unexpected package", statement);
        break;
      case "import":
        imports.push(statement.value);
        break;
      case "rules":
        rules.push(...statement.value);
        break;
      case "body":
        try {
          rules.push(ruleFromBody(statement.value, isBuiltin));
        } catch (error) {
          errors.push(PolicyError.from(error));
        }
    }
  }
  const regoVersion = imports.some(isRegoV1) ? 1 : parser.regoVersion;
  if (regoVersion === 1) {
    errors.push(...rules.flatMap(checkV1Rule));
  }
  if (errors.length > 0 || first?.kind !== "package") {
    return { errors };
  }
  const comments = parser.comments.slice(0, parser.state.comments);
  const module: Module = {
    package: first.value,
    imports,
    rules,
    annotations: [],
    comments,
    regoVersion,
  };
  return { module };
}

function placeOf(statement: Statement) {
  switch (statement.kind) {
    case "package":
    case "import":
      return statement.value.location;
    case "rules":
    case "body":
      return statement.value[0]?.location;
  }
}

/** Parses a query: expressions up to the end of the text. Throws the first fault. */
export function parseBody(
  file: string,
  text: string,
  options: ParseOptions = {},
): Body {
  const parser = createParser(file, text, options.regoVersion ?? 1, grammar);
  const statements = parseStatements(parser, false);
  const [error] = parser.state.errors;
  if (error) {
    throw error;
  }
  const exprs = statements.flatMap((statement) =>
    statement.kind === "body" ? statement.value : [],
  );
  return exprs.map((expr, index) => ({ ...expr, index }));
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
