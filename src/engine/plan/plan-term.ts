import { PolicyError } from "../error.ts";
import { inputLocal, type Local, type Operand } from "../ir/ir.ts";
import type { Expr, RefTerm, Term } from "../syntax/ast.ts";
import { inKeyOrder } from "../syntax/compare-terms.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { planCall } from "./plan-call.ts";
import { planComprehension } from "./plan-comprehension.ts";
import { planDocument } from "./plan-document.ts";
import { planDots } from "./plan-dots.ts";
import { type Next, type Planner, restore } from "./planner.ts";
import { localOperand } from "./writer.ts";

export function planTerm(planner: Planner, term: Term, next: Next): void {
  const { writer } = planner;
  const immediate = planner.immediate(term);
  if (immediate) {
    next(immediate);
    return;
  }
  switch (term.kind) {
    case "null": {
      const target = writer.local();
      writer.emit({ kind: "MakeNullStmt", target });
      next(localOperand(target));
      return;
    }
    case "boolean":
      next({ kind: "bool", value: term.value });
      return;
    case "number":
      next(localOperand(planner.number(term.value)));
      return;
    case "string":
      next(planner.string(term.value));
      return;
    case "var":
      next(localOperand(planVariable(planner, term.value, term)));
      return;
    case "ref":
      planRef(planner, term, next);
      return;
    case "array":
    case "set":
      planner.terms(term.value, (values) =>
        next(localOperand(planList(planner, term.kind, values))),
      );
      return;
    case "object":
      planner.terms(inKeyOrder(term).value.flat(), (values) =>
        next(localOperand(planObject(planner, values))),
      );
      return;
    case "call":
      planCall(planner, term.operator, term.operands, next);
      return;
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      next(localOperand(planComprehension(planner, term)));
      return;
    case "templatestring":
      planTemplate(planner, term, next);
  }
}

function planVariable(planner: Planner, name: string, term: Term): Local {
  const local = planner.env.get(name);
  if (local === undefined) {
    throw new PolicyError(
      "rego_unsafe_var_error",
      `var ${planner.program.analysis.names.written.get(name) ?? name} is unsafe`,
      { location: term.location },
    );
  }
  return local;
}

function planList(
  planner: Planner,
  kind: "array" | "set",
  values: readonly Operand[],
): Local {
  const { writer } = planner;
  const target = writer.local();
  if (kind === "array") {
    writer.emit({ kind: "MakeArrayStmt", capacity: values.length, target });
  } else {
    writer.emit({ kind: "MakeSetStmt", target });
  }
  for (const value of values) {
    writer.emit(
      kind === "array"
        ? { kind: "ArrayAppendStmt", value, array: target }
        : { kind: "SetAddStmt", value, set: target },
    );
  }
  return target;
}

/** Of keys that turn out to be equal the last one counts. */
function planObject(planner: Planner, values: readonly Operand[]): Local {
  const { writer } = planner;
  const target = writer.local();
  writer.emit({ kind: "MakeObjectStmt", target });
  for (let index = 0; index < values.length; index += 2) {
    writer.emit({
      kind: "ObjectInsertStmt",
      key: values[index] as Operand,
      value: values[index + 1] as Operand,
      object: target,
    });
  }
  return target;
}

/** Every piece becomes text or the set of its values, then one text. */
function planTemplate(
  planner: Planner,
  term: Extract<Term, { kind: "templatestring" }>,
  next: Next,
): void {
  const { writer } = planner;
  const parts = term.parts.map((part): Operand => {
    if ("kind" in part && part.kind === "string") {
      return planner.string(part.value);
    }
    const set = writer.local();
    writer.emit({ kind: "MakeSetStmt", target: set });
    const bound = new Map(planner.env);
    writer.attempt(() =>
      "kind" in part
        ? planner.term(part, (value) =>
            writer.emit({ kind: "SetAddStmt", value, set }),
          )
        : planTemplatePart(planner, part, set),
    );
    restore(planner.env, bound);
    return localOperand(set);
  });
  const array = planList(planner, "array", parts);
  const result = writer.local();
  planner.program.builtin("internal.template_string", 1);
  writer.emit({
    kind: "CallStmt",
    func: "internal.template_string",
    args: [localOperand(array)],
    result,
  });
  next(localOperand(result));
}

function planTemplatePart(planner: Planner, expr: Expr, set: Local): void {
  const { terms } = expr;
  const { location } = expr;
  const term: Term =
    terms.kind === "term"
      ? terms.term
      : terms.kind === "call"
        ? {
            kind: "call",
            operator: terms.operator,
            operands: terms.operands,
            location,
          }
        : { kind: "boolean", value: true, location };
  const add = (value: Operand): void =>
    planner.writer.emit({ kind: "SetAddStmt", value, set });
  if (expr.with.length === 0) {
    planner.term(term, add);
    return;
  }
  const name = `$template${planner.writer.local()}`;
  const output: Term = { kind: "var", value: name, location };
  const operator = operatorRef("eq", location);
  planner.expr(
    { ...expr, terms: { kind: "call", operator, operands: [output, term] } },
    () => planner.term(output, add),
  );
}

function planRef(planner: Planner, term: RefTerm, next: Next): void {
  const [head, ...rest] = term.value;
  if (head?.kind === "var" && head.value === "input") {
    if (rest.length === 0) {
      planner.writer.emit({ kind: "IsDefinedStmt", source: inputLocal });
    }
    planDots(planner, localOperand(inputLocal), rest, next);
  } else if (head?.kind === "var" && head.value === "data") {
    planDocument(planner, rest, next);
  } else {
    planner.term(head as Term, (value) => planDots(planner, value, rest, next));
  }
}
