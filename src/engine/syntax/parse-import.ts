import type { Location } from "../source.ts";
import type { Import, Package, RefTerm, Term } from "./ast.ts";
import { parseTerm } from "./parse-term.ts";
import {
  addKeyword,
  at,
  fail,
  hint,
  illegal,
  isRefKeyword,
  locate,
  type Parser,
  presentParser,
  scan,
  scanBlank,
} from "./parser-state.ts";
import { printRef, printTerm } from "./print.ts";
import { futureKeywords, isKeywordIn, v1Keywords } from "./token.ts";

/**
 * Moves from `package` or `import` to the path behind it. False when the word
 * is the head of a ref instead, or no path follows.
 */
function toPath(parser: Parser): boolean {
  scanBlank(parser);
  if (at(parser, ".") || at(parser, "[")) {
    return false;
  }
  if (at(parser, "whitespace")) {
    scan(parser);
  }
  if (at(parser, "identifier") || isRefKeyword(parser, parser.state.kind)) {
    parser.state.kind = "identifier";
    return true;
  }
  illegal(parser);
  return false;
}

/** package: "package" name { "." name | "[" string "]" }. */
export function parsePackage(parser: Parser): Package | undefined {
  const location = locate(parser);
  if (!toPath(parser)) {
    return undefined;
  }
  const term = parseTerm(parser);
  if (term === undefined) {
    return undefined;
  }
  if (term.kind !== "var" && term.kind !== "ref") {
    return illegal(parser);
  }
  const [head, ...rest] = term.kind === "ref" ? term.value : [term];
  if (head?.kind !== "var") {
    return unexpectedKind(parser, head ?? term, "var");
  }
  const bad = rest.find(({ kind }) => kind !== "string");
  if (bad) {
    return unexpectedKind(parser, bad, "string");
  }
  const place = head.location;
  const path: Term[] = [
    { kind: "var", value: "data", location: place },
    { kind: "string", value: head.value, location: place },
    ...rest,
  ];
  return {
    path: { kind: "ref", value: path, location: term.location },
    location,
  };
}

function unexpectedKind(parser: Parser, term: Term, wanted: string): undefined {
  const message = `unexpected ${term.kind} token: expecting ${wanted}`;
  return fail(parser, term.location, message);
}

/** import: "import" path [ "as" name ]; keywords take effect at once. */
export function parseImport(parser: Parser): Import | undefined {
  const location = locate(parser);
  if (!toPath(parser)) {
    return undefined;
  }
  const path = parseImportPath(parser);
  if (path === undefined) {
    return undefined;
  }
  const alias = at(parser, "as") ? parseAlias(parser) : { name: undefined };
  if (alias === undefined) {
    return undefined;
  }
  if (alias.name === undefined) {
    checkLastName(parser, path);
  }
  const entry: Import = { path, alias: alias.name, location };
  applyKeywords(parser, entry);
  return entry;
}

const roots: ReadonlySet<string> = new Set(["data", "future", "input", "rego"]);

function parseImportPath(parser: Parser): RefTerm | undefined {
  // The path may name a keyword that is already known.
  const present = presentParser(parser);
  const term = parseTerm(present);
  let path: RefTerm | undefined;
  if (term?.kind === "ref") {
    const bad = term.value.slice(1).find(({ kind }) => kind !== "string");
    if (bad) {
      return unexpectedKind(parser, bad, "string");
    }
    path = term;
  } else if (term?.kind === "var") {
    path = { kind: "ref", value: [term], location: term.location };
  }
  parser.state = present.state;
  if (path === undefined) {
    return fail(parser, locate(parser), "expected path");
  }
  const [root] = path.value;
  if (root?.kind !== "var" || !roots.has(root.value)) {
    hint(parser, "if this is unexpected, try updating OPA");
    const got = root ? printTerm(root) : "";
    return fail(
      parser,
      path.location,
      `unexpected import path, must begin with one of: {data, future, input, rego}, got: ${got}`,
    );
  }
  return path;
}

function parseAlias(parser: Parser): { readonly name: string } | undefined {
  scan(parser);
  if (!at(parser, "identifier")) {
    return illegal(parser, "expected var");
  }
  const term = parseTerm(parser);
  return term?.kind === "var"
    ? { name: term.value }
    : illegal(parser, "expected var");
}

/** Without an alias the last name of the path must not be a keyword. */
function checkLastName(parser: Parser, { value }: RefTerm): void {
  const [root] = value;
  const last = value.at(-1);
  if (root?.kind === "var" && root.value === "future" && value.length > 1) {
    return;
  }
  const name =
    last?.kind === "string" || last?.kind === "var" ? last.value : "";
  if (last && isKeywordIn(name, parser.regoVersion)) {
    hint(parser, "import a different path or use an alias");
    fail(
      parser,
      last.location,
      `unexpected import path, must not end with a keyword, got: ${name}`,
    );
  }
}

function applyKeywords(parser: Parser, { path, alias }: Import): void {
  const [root] = path.value;
  if (root?.kind !== "var") {
    return;
  }
  if (root.value === "rego") {
    applyRegoV1(parser, path, alias);
  } else if (root.value === "future") {
    applyFuture(parser, path, alias);
  }
}

function applyRegoV1(
  parser: Parser,
  path: RefTerm,
  alias: string | undefined,
): void {
  const name = path.value[1];
  if (
    path.value.length !== 2 ||
    name?.kind !== "string" ||
    name.value !== "v1"
  ) {
    const message = `invalid import \`${printRef(path)}\`, must be \`rego.v1\``;
    fail(parser, path.location, message);
    return;
  }
  if (parser.regoVersion === 1) {
    return;
  }
  if (alias !== undefined) {
    fail(parser, path.location, "`rego` imports cannot be aliased");
    return;
  }
  for (const word of v1Keywords) {
    addKeyword(parser, word);
  }
}

function applyFuture(
  parser: Parser,
  path: RefTerm,
  alias: string | undefined,
): void {
  const place: Location = path.location;
  const [, keywords, name] = path.value;
  if (keywords?.kind !== "string" || keywords.value !== "keywords") {
    fail(parser, place, "invalid import, must be `future.keywords`");
    return;
  }
  if (alias !== undefined) {
    fail(parser, place, "`future` imports cannot be aliased");
    return;
  }
  const all: readonly string[] = [...v1Keywords, ...futureKeywords];
  const word = name?.kind === "string" ? name.value : undefined;
  if (path.value.length === 3 && (word === undefined || !all.includes(word))) {
    const known = all.toSorted().join(" ");
    fail(parser, place, `unexpected keyword, must be one of [${known}]`);
    return;
  }
  const chosen = path.value.length === 3 && word !== undefined ? [word] : all;
  for (const one of chosen) {
    addKeyword(parser, one);
  }
  parser.notBodies ||= chosen.includes("not");
}
