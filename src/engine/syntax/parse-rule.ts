import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, Head, RefTerm, Rule, Term } from "./ast.ts";
import { parseBody, parseExpr } from "./parse-expr.ts";
import { parseRefSuffixes, parseTermInfix, parseTerms } from "./parse-term.ts";
import {
  accept,
  advance,
  at,
  expect,
  isAdjacent,
  locate,
  mark,
  type ParserState,
  rewind,
  unexpected,
} from "./parser-state.ts";

/** rule: [ "default" ] head [ "if" ] body { "else" … }; several bodies make several rules. */
export function parseRules(state: ParserState): Rule[] {
  const location = locate(state, state.token);
  if (accept(state, "default")) {
    return [parseDefault(state, location)];
  }
  const head = parseHead(state, location);
  const tail = parseTail(state, head, location);
  const rule: Rule = {
    default: false,
    head,
    body: tail.body,
    else: tail.braced || tail.written ? parseElse(state, head) : undefined,
    annotations: [],
    location,
  };
  const rules = [rule];
  // Chained bodies (`p { … } { … }`) repeat the head.
  while (tail.braced && rule.else === undefined && at(state, "{")) {
    const place = locate(state, advance(state));
    const body = parseBody(state, "}");
    expect(state, "}");
    rules.push({ ...rule, body, location: place });
  }
  return rules;
}

function parseDefault(state: ParserState, location: Location): Rule {
  const head = parseHead(state, location);
  if (!head.value || head.key) {
    return unexpected(state, "default rule value");
  }
  return {
    default: true,
    head,
    body: trueBody(location),
    else: undefined,
    annotations: [],
    location,
  };
}

type Tail = {
  readonly body: Body;
  /** The body stood in braces. */
  readonly braced: boolean;
  /** There was a body at all. */
  readonly written: boolean;
};

function parseTail(state: ParserState, head: Head, location: Location): Tail {
  const hasIf = accept(state, "if");
  if (at(state, "{") && (hasIf || state.regoVersion === 0)) {
    return parseBraces(state, hasIf);
  }
  if (hasIf) {
    return { body: [parseExpr(state, 0)], braced: false, written: true };
  }
  if (at(state, "{")) {
    return state.lexer.source.fail(
      "`if` keyword is required before rule body",
      state.token.start,
    );
  }
  if (!head.value && !head.key) {
    return unexpected(state, "rule body or value");
  }
  return { body: trueBody(location), braced: false, written: false };
}

/**
 * "{" body "}". After `if` the brace may also begin an object or a set: that is
 * tried when no body can be read, and the first fault counts when both fail.
 */
function parseBraces(state: ParserState, hasIf: boolean): Tail {
  const brace = mark(state);
  const { depth } = state;
  try {
    advance(state);
    const body = parseBody(state, "}");
    expect(state, "}");
    return { body, braced: true, written: true };
  } catch (fault) {
    if (!hasIf || !(fault instanceof PolicyError)) {
      throw fault;
    }
    rewind(state, brace);
    state.depth = depth;
    try {
      return { body: [parseExpr(state, 0)], braced: false, written: true };
    } catch {
      throw fault;
    }
  }
}

/** else: "else" [ ( ":=" | "=" ) term ] [ "if" ] body. */
function parseElse(state: ParserState, first: Head): Rule | undefined {
  if (!at(state, "else")) {
    return undefined;
  }
  const location = locate(state, advance(state));
  const written = accept(state, ":=") || accept(state, "=");
  const value: Term = written
    ? parseTermInfix(state)
    : { kind: "boolean", value: true, location };
  const head: Head = { ...first, value, location };
  const hasBody =
    at(state, "if") || (at(state, "{") && state.regoVersion === 0);
  const tail: Tail = hasBody
    ? parseTail(state, head, location)
    : { body: trueBody(location), braced: false, written: false };
  return {
    default: false,
    head,
    body: tail.body,
    else: hasBody ? parseElse(state, first) : undefined,
    annotations: [],
    location,
  };
}

/** head: ref [ "(" args ")" ] [ "contains" term ] [ ( ":=" | "=" ) term ]. */
function parseHead(state: ParserState, location: Location): Head {
  const { ref, args } = parseHeadRef(state);
  const key = accept(state, "contains") ? parseTermInfix(state) : undefined;
  const assign = at(state, ":=");
  const hasValue = accept(state, ":=") || accept(state, "=");
  const value = hasValue ? parseTermInfix(state) : undefined;
  if (key === undefined && value === undefined) {
    return toShortHead(state, ref, args, location);
  }
  return { ref, args, key, value, assign, location };
}

/** A head that only names: a v0 set element, or `true`. */
function toShortHead(
  state: ParserState,
  ref: RefTerm,
  args: readonly Term[],
  location: Location,
): Head {
  const last = ref.value.at(-1);
  const isSet =
    state.regoVersion === 0 &&
    !at(state, "if") &&
    ref.value.length === 2 &&
    last !== undefined &&
    state.previous.text === "]";
  if (isSet) {
    const name: RefTerm = { ...ref, value: ref.value.slice(0, -1) };
    return {
      ref: name,
      args,
      key: last,
      value: undefined,
      assign: false,
      location,
    };
  }
  // `f(x)` alone is a fact, `p if …` is true when its body is.
  const isTrue = args.length > 0 || at(state, "if") || at(state, "{");
  const value: Term | undefined = isTrue
    ? { kind: "boolean", value: true, location }
    : undefined;
  return { ref, args, key: undefined, value, assign: false, location };
}

function parseHeadRef(state: ParserState): {
  readonly ref: RefTerm;
  readonly args: readonly Term[];
} {
  const { token } = state;
  if (token.kind !== "identifier" && token.kind !== "contains") {
    return unexpected(state, "rule head name");
  }
  advance(state);
  const location = locate(state, token);
  const ref = parseRefSuffixes(
    state,
    { kind: "var", value: token.text, location },
    location,
  );
  if (at(state, "(") && isAdjacent(state)) {
    advance(state);
    return { ref, args: parseTerms(state, ")") };
  }
  return { ref, args: [] };
}

function trueBody(location: Location): Body {
  const expr: Expr = {
    index: 0,
    negated: false,
    generated: false,
    terms: { kind: "term", term: { kind: "boolean", value: true, location } },
    with: [],
    location,
  };
  return [expr];
}
