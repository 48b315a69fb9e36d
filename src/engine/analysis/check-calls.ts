import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Module, RefTerm, Rule, Term } from "../syntax/ast.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import { operatorName } from "./operator-name.ts";
import type { Report } from "./resolve.ts";
import { findNode, type RuleTree } from "./rule-tree.ts";
import { childTerms, closureOf, exprClosures, openTerms } from "./term-vars.ts";

/** Reports calls of what is not there, or with a wrong number of operands. */
export function checkCalls(
  modules: readonly Module[],
  tree: RuleTree,
  builtins: BuiltinNames,
  report: Report,
): void {
  const check = (operator: RefTerm, count: number, at: Location): void => {
    const fault = callFault(operator, count, tree, builtins);
    if (fault) {
      report(new PolicyError(fault.code, fault.text, { location: at }));
    }
  };
  for (const module of modules) {
    for (const rule of module.rules) {
      checkRule(rule, check);
    }
  }
}

type Check = (operator: RefTerm, count: number, at: Location) => void;

function checkRule(rule: Rule, check: Check): void {
  checkBody(rule.body, check);
  const { ref, key, value } = rule.head;
  for (const term of [...ref.value, key, value]) {
    if (term) {
      checkTerm(term, check);
    }
  }
  if (rule.else) {
    checkRule(rule.else, check);
  }
}

function checkBody(body: Body, check: Check): void {
  for (const expr of body) {
    if (expr.terms.kind === "call") {
      check(expr.terms.operator, expr.terms.operands.length, expr.location);
    }
    for (const term of openTerms(expr)) {
      checkTerm(term, check);
    }
    for (const closure of exprClosures(expr.terms)) {
      checkBody(closure.body, check);
    }
  }
}

function checkTerm(term: Term, check: Check): void {
  if (term.kind === "call") {
    check(term.operator, -term.operands.length, term.location);
  }
  const closure = closureOf(term);
  if (closure) {
    checkBody(closure.body, check);
    for (const head of closure.heads) {
      checkTerm(head, check);
    }
  }
  for (const child of childTerms(term)) {
    checkTerm(child, check);
  }
}

/** A negative count is that of a call used as a term: no output operand. */
function callFault(
  operator: RefTerm,
  count: number,
  tree: RuleTree,
  builtins: BuiltinNames,
):
  | {
      readonly code: "rego_type_error" | "rego_compile_error";
      readonly text: string;
    }
  | undefined {
  const name = operatorName(operator);
  const arity = calleeArity(operator, tree, builtins);
  if (arity === undefined) {
    return { code: "rego_type_error", text: `undefined function ${name}` };
  }
  const given = Math.abs(count);
  const most = count < 0 ? arity : arity + 1;
  if (given < arity) {
    return { code: "rego_type_error", text: `${name}: too few arguments` };
  }
  return given > most
    ? { code: "rego_type_error", text: `${name}: too many arguments` }
    : undefined;
}

function calleeArity(
  operator: RefTerm,
  tree: RuleTree,
  builtins: BuiltinNames,
): number | undefined {
  const [head, ...rest] = operator.value;
  if (head?.kind === "var" && head.value === "data") {
    const names = rest.map((term) =>
      term.kind === "string" ? term.value : "",
    );
    const rule = findNode(tree, names)?.rules[0]?.rule;
    return rule && rule.head.args.length > 0
      ? rule.head.args.length
      : undefined;
  }
  const name = operatorName(operator);
  return name === "eq" ? 2 : builtins.get(name)?.arity;
}
