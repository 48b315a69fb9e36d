import type { Import, Package, RefTerm, Term } from "./ast.ts";
import { parseRefSuffixes } from "./parse-term.ts";
import {
  accept,
  advance,
  at,
  expect,
  locate,
  type ParserState,
  unexpected,
} from "./parser-state.ts";

/** package: "package" name { "." name | "[" string "]" }. */
export function parsePackage(state: ParserState): Package {
  const location = locate(state, state.token);
  expect(state, "package");
  const path = parsePath(state);
  const [head, ...rest] = path.value;
  for (const term of rest) {
    if (term.kind !== "string") {
      state.lexer.source.fail(
        "invalid package name: path must be made of strings",
        state.previous.start,
      );
    }
  }
  const data: Term = { kind: "var", value: "data", location: path.location };
  const first: Term = {
    kind: "string",
    value: head?.kind === "var" ? head.value : "",
    location: path.location,
  };
  return { path: { ...path, value: [data, first, ...rest] }, location };
}

/** import: "import" path [ "as" name ]; future keywords take effect at once. */
export function parseImport(state: ParserState): Import {
  const location = locate(state, state.token);
  const start = state.token.start;
  expect(state, "import");
  const path = parsePath(state);
  const alias = accept(state, "as")
    ? expect(state, "identifier", "alias").text
    : undefined;
  const [root, ...rest] = path.value.map((term) =>
    term.kind === "var" || term.kind === "string" ? term.value : "",
  );
  if (root === "future" && rest[0] === "keywords") {
    enableKeywords(state, rest.slice(1), start);
  } else if (root === "rego") {
    if (rest.join(".") !== "v1") {
      state.lexer.source.fail(
        `invalid import \`${path.value.length}\`, must be \`rego.v1\``,
        start,
      );
    }
    for (const keyword of ["in", "every", "if", "contains"]) {
      state.enabled.add(keyword);
    }
  } else if (root !== "data" && root !== "input") {
    state.lexer.source.fail(
      `unexpected import path, must begin with one of: {data, future, input, rego}, got: ${root}`,
      start,
    );
  }
  return { path, alias, location };
}

const selectable: ReadonlySet<string> = new Set([
  "in",
  "every",
  "if",
  "contains",
  "not",
  "and",
  "or",
]);

function enableKeywords(
  state: ParserState,
  names: readonly string[],
  start: number,
): void {
  const chosen =
    names.length === 0 ? ["in", "every", "if", "contains", "not"] : names;
  for (const name of chosen) {
    if (!selectable.has(name)) {
      state.lexer.source.fail(
        `unexpected keyword, must be one of [and contains every if in not or]`,
        start,
      );
    }
    state.enabled.add(name === "not" ? "not-block" : name);
  }
  // `every` is written with `in`.
  if (chosen.includes("every")) {
    state.enabled.add("in");
  }
}

function parsePath(state: ParserState): RefTerm {
  if (!at(state, "identifier")) {
    return unexpected(state, "path");
  }
  const token = advance(state);
  const location = locate(state, token);
  return parseRefSuffixes(
    state,
    { kind: "var", value: token.text, location },
    location,
  );
}
