import type { Location } from "../source.ts";
import type { Body, Head, Rule, Term } from "./ast.ts";
import { trueBody, trueTerm } from "./parse-expr.ts";
import { parseHead } from "./parse-head.ts";
import { parseBody, parseLiteral } from "./parse-literal.ts";
import { parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  fail,
  illegal,
  locate,
  type Parser,
  readKeywordAsRef,
  restore,
  save,
  scan,
  wildcard,
} from "./parser-state.ts";
import { relocate, relocateExpr } from "./relocate.ts";

/**
 * rule: [ "default" ] head [ "if" ] body { "else" … }; several bodies make
 * several rules. Undefined without a fault when this is not a rule with a body.
 */
export function parseRules(parser: Parser): Rule[] | undefined {
  const location = locate(parser);
  readKeywordAsRef(parser);
  const isDefault = at(parser, "default");
  if (isDefault) {
    scan(parser);
    readKeywordAsRef(parser);
  }
  if (!at(parser, "identifier")) {
    return undefined;
  }
  const head = parseHead(parser, isDefault);
  if (head === undefined) {
    return undefined;
  }
  if (isDefault) {
    const rule = parseDefault(parser, head, location);
    return rule && [rule];
  }
  return parseWithBody(parser, head, location);
}

function parseDefault(
  parser: Parser,
  head: Head,
  location: Location,
): Rule | undefined {
  return isDefaultValue(parser, head, location) &&
    areDefaultArgs(parser, head, location)
    ? {
        default: true,
        head,
        body: trueBody(location),
        generatedBody: false,
        else: undefined,
        annotations: [],
        location,
      }
    : undefined;
}

/** A default has a value, and no variable, ref or call outside a comprehension. */
function isDefaultValue(
  parser: Parser,
  { value }: Head,
  location: Location,
): boolean {
  if (!value) {
    fail(parser, location, "illegal default rule (must have a value)");
    return false;
  }
  const found: ("ref" | "var" | "call")[] = [];
  addVariable(value, found);
  for (const kind of found) {
    const message = `illegal default rule (value cannot contain ${kind})`;
    fail(parser, location, message);
  }
  return found.length === 0;
}

function addVariable(term: Term, found: ("ref" | "var" | "call")[]): void {
  switch (term.kind) {
    case "ref":
    case "var":
    case "call":
      found.push(term.kind);
      return;
    case "array":
    case "set":
      for (const item of term.value) {
        addVariable(item, found);
      }
      return;
    case "object":
      for (const [key, value] of term.value) {
        addVariable(key, found);
        addVariable(value, found);
      }
      return;
    default:
      return;
  }
}

function areDefaultArgs(
  parser: Parser,
  { args }: Head,
  location: Location,
): boolean {
  const seen = new Set<string>();
  let valid = true;
  for (const arg of args) {
    const fault =
      arg.kind !== "var"
        ? `contain ${arg.kind}`
        : seen.has(arg.value)
          ? `be repeated ${arg.value}`
          : undefined;
    if (fault !== undefined) {
      const message = `illegal default rule (arguments cannot ${fault})`;
      fail(parser, location, message);
      valid = false;
    }
    if (arg.kind === "var") {
      seen.add(arg.value);
    }
  }
  return valid;
}

function parseWithBody(
  parser: Parser,
  written: Head,
  start: Location,
): Rule[] | undefined {
  const head = shape(parser, written);
  const body = parseRuleBody(parser, head);
  if (body === undefined) {
    return undefined;
  }
  if (body === "none") {
    return [
      {
        default: false,
        head,
        body: trueBody(start),
        generatedBody: true,
        else: undefined,
        annotations: [],
        location: head.location,
      },
    ];
  }
  let rest: Rule | undefined;
  if (at(parser, "else") && !readKeywordAsRef(parser)) {
    rest = parseFirstElse(parser, head);
    if (rest === undefined) {
      return undefined;
    }
  }
  const rule: Rule = {
    default: false,
    head,
    body,
    generatedBody: false,
    else: rest,
    annotations: [],
    location: extend(parser, start),
  };
  return parseChained(parser, rule);
}

/** `p[x]` is a set in v0, and a key with a value when `if` or a value follows. */
function shape(parser: Parser, head: Head): Head {
  const isShort =
    head.ref.value.length === 2 && !head.keywords.includes("contains");
  if (!isShort) {
    return head;
  }
  if (at(parser, "if")) {
    return head.value
      ? head
      : { ...head, value: trueTerm(head.location), generatedValue: true };
  }
  return head.args.length === 0 && !head.value ? toSetHead(head) : head;
}

/** `p[x]` as the element x of the set p. */
export function toSetHead(head: Head): Head {
  const [name, key] = head.ref.value;
  return { ...head, ref: { ...head.ref, value: name ? [name] : [] }, key };
}

/** The body with `if` before it or, in v0, in braces; "none" when there is none. */
function parseRuleBody(parser: Parser, head: Head): Body | "none" | undefined {
  if (at(parser, "if")) {
    scan(parser);
    const start = save(parser);
    const isBrace = at(parser, "{");
    const expr = parseLiteral(parser);
    // No set is false: `p if { true }` has a body, not a set of one element.
    const isSet =
      isBrace && expr?.terms.kind === "term" && expr.terms.term.kind === "set";
    if (expr && !isSet) {
      return [expr];
    }
    if (!isBrace) {
      return undefined;
    }
    restore(parser, start);
  } else if (!at(parser, "{")) {
    return head.keywords.includes("contains") ? "none" : undefined;
  }
  return parseBraces(parser);
}

function parseBraces(parser: Parser): Body | undefined {
  scan(parser);
  const body = parseBody(parser, "}");
  if (body !== undefined) {
    scan(parser);
  }
  return body;
}

function parseFirstElse(parser: Parser, head: Head): Rule | undefined {
  const { value } = head.ref;
  if (value.length > 1 && !value.slice(1).every(isGround)) {
    const message =
      "else keyword cannot be used on rules with variables in head";
    return fail(parser, locate(parser), message);
  }
  if (head.key || isOldPartial(head)) {
    const message = "else keyword cannot be used on multi-value rules";
    return fail(parser, locate(parser), message);
  }
  return parseElse(parser, head);
}

/** `p[x] := y` without `if`, which was a partial object before v1. */
function isOldPartial({ args, keywords, ref }: Head): boolean {
  return (
    ref.value.length === 2 && args.length === 0 && !keywords.includes("if")
  );
}

function isGround(term: Term): boolean {
  switch (term.kind) {
    case "var":
      return false;
    case "ref":
      return term.value.slice(1).every(isGround);
    case "array":
    case "set":
      return term.value.every(isGround);
    case "object":
      return term.value.flat().every(isGround);
    case "call":
      return term.operands.every(isGround);
    default:
      return true;
  }
}

/** else: "else" [ ( ":=" | "=" ) term ] [ "if" ] body. */
function parseElse(parser: Parser, first: Head): Rule | undefined {
  const start = locate(parser);
  const args = first.args.map((arg) => freshWildcard(parser, arg));
  scan(parser);
  const { kind } = parser.state;
  let value: Term | undefined = trueTerm(start);
  const hasValue = kind === ":=" || kind === "=";
  if (hasValue) {
    scan(parser);
    value = parseTermInfix(parser);
  } else if (kind !== "{" && kind !== "if") {
    return illegal(parser, "expected else value term or rule body");
  }
  if (value === undefined) {
    return undefined;
  }
  const hasIf = at(parser, "if");
  const head: Head = {
    ...first,
    args,
    value,
    assign: hasValue ? kind === ":=" : first.assign,
    generatedValue: !hasValue,
    keywords: hasIf ? ["if"] : [],
    location: hasValue ? extend(parser, start) : start,
  };
  return parseElseBody(parser, { first, head, hasIf, start });
}

type Else = {
  readonly first: Head;
  readonly head: Head;
  readonly hasIf: boolean;
  readonly start: Location;
};

function parseElseBody(
  parser: Parser,
  { first, head, hasIf, start }: Else,
): Rule | undefined {
  const rule = {
    default: false,
    head,
    annotations: [],
  } as const;
  if (!hasIf && !at(parser, "{")) {
    const location = extend(parser, start);
    const body = trueBody(location);
    return { ...rule, body, generatedBody: true, else: undefined, location };
  }
  if (hasIf) {
    scan(parser);
  }
  if (at(parser, "eof")) {
    return illegal(parser, "rule body expected");
  }
  const isAlone = !at(parser, "{");
  const body = isAlone ? parseOne(parser) : parseBraces(parser);
  if (body === undefined) {
    return undefined;
  }
  let rest: Rule | undefined;
  if (at(parser, "else")) {
    rest = parseElse(parser, first);
    if (rest === undefined) {
      return undefined;
    }
  }
  const location = extend(parser, start);
  return {
    ...rule,
    // As OPA's parser places a body without braces.
    body:
      isAlone && !parser.asWritten
        ? body.map((expr) => relocateExpr(expr, location))
        : body,
    generatedBody: false,
    else: rest,
    location,
  };
}

function parseOne(parser: Parser): Body | undefined {
  const expr = parseLiteral(parser);
  return expr && [expr];
}

function freshWildcard(parser: Parser, arg: Term): Term {
  return arg.kind === "var" && arg.value.startsWith("$")
    ? { ...arg, value: wildcard(parser) }
    : arg;
}

/** Further bodies (`p { … } { … }`) repeat the head. */
function parseChained(parser: Parser, rule: Rule): Rule[] | undefined {
  const rules = [rule];
  while (at(parser, "{")) {
    const start = locate(parser);
    if (rule.else) {
      return fail(parser, start, "expected else keyword");
    }
    const body = parseBraces(parser);
    if (body === undefined) {
      return undefined;
    }
    const location = extend(parser, start);
    const { key, value } = rule.head;
    const head: Head = {
      ...rule.head,
      args: rule.head.args.map((arg) =>
        relocate(freshWildcard(parser, arg), location),
      ),
      key: key && relocate(key, location),
      value: value && relocate(value, location),
      location,
    };
    rules.push({ ...rule, head, body, location });
  }
  return rules;
}
