import type { Body, Expr, Head, Rule, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { printRef } from "../syntax/print.ts";
import { isScalar, visitExprs } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import type { State } from "./state.ts";
import { addExprVars, isGenerated, termVars } from "./vars.ts";

const testPrefix = "test_";
const todoPrefix = "todo_test_";

/** Where a rule's reference names a test. */
export type TestName = {
  /** The element that makes it one, or the last before any variable. */
  readonly name: string;
  /** How many elements of the reference lead to it, itself included. */
  readonly length: number;
};

/** The test that a head names: its first element that begins like a test's name. */
export function testName({ ref }: Head): TestName | undefined {
  for (const [index, term] of ref.value.entries()) {
    if (!(isScalar(term) || (index === 0 && term.kind === "var"))) {
      return undefined;
    }
    const name =
      term.kind === "string" || term.kind === "var" ? term.value : "";
    if (name.startsWith(testPrefix) || name.startsWith(todoPrefix)) {
      return { name, length: index + 1 };
    }
  }
  return undefined;
}

/** Tests of one name become `test_x`, `test_x#01`, …: each runs by itself. */
export function renameDuplicateTests(state: State): void {
  const counts = new Map<string, number>();
  state.modules = state.modules.map((module) => ({
    ...module,
    rules: module.rules.map((rule) => {
      const test = testName(rule.head);
      if (!test?.name.startsWith(testPrefix)) {
        return rule;
      }
      const { ref } = rule.head;
      const path = { ...ref, value: ref.value.slice(0, test.length) };
      const key = `${printRef(module.package.path)} ${printRef(path)}`;
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      const suffix = `#${String(count).padStart(2, "0")}`;
      return count === 0 ? rule : renamed(rule, test, test.name + suffix);
    }),
  }));
}

function renamed(rule: Rule, { length }: TestName, name: string): Rule {
  const { ref } = rule.head;
  const value = ref.value.map((term, index): Term => {
    if (index !== length - 1) {
      return term;
    }
    const kind = index === 0 ? "var" : "string";
    return { kind, value: name, location: term.location };
  });
  return { ...rule, head: { ...rule.head, ref: { ...ref, value } } };
}

/**
 * `test_x[note]` tells of each case as soon as its note is known, by a call of
 * `internal.test_case`, so that a case is counted that fails later on.
 */
export function injectTestCases(state: State): void {
  state.modules = state.modules.map((module) => ({
    ...module,
    rules: module.rules.map((rule) => {
      const test = testName(rule.head);
      return test?.name.startsWith(testPrefix) && !callsTestCase(rule.body)
        ? withTestCase(rule, rule.head.ref.value.slice(test.length))
        : rule;
    }),
  }));
}

function callsTestCase(body: Body): boolean {
  let found = false;
  visitExprs(body, ({ terms }) => {
    found ||=
      terms.kind === "call" &&
      operatorName(terms.operator) === "internal.test_case";
  });
  return found;
}

function withTestCase(rule: Rule, notes: readonly Term[]): Rule {
  if (notes.length === 0) {
    return rule;
  }
  const body = notes.reduce(raiseAssignment, rule.body);
  const below = Math.max(-1, ...notes.map((note) => firstUse(body, note)));
  const { location } = rule.head;
  const call: Expr = {
    index: 0,
    negated: false,
    generated: false,
    terms: {
      kind: "call",
      operator: operatorRef("internal.test_case", location),
      operands: [{ kind: "array", value: notes, location }],
    },
    with: [],
    location: { ...location, file: "" },
  };
  const all = [...body.slice(0, below + 1), call, ...body.slice(below + 1)];
  return { ...rule, body: all.map((expr, index) => ({ ...expr, index })) };
}

/** Moves what the compiler assigned to a note up to where it can be known. */
function raiseAssignment(body: Body, note: Term): Body {
  let current = body;
  for (let at = body.length - 1; at >= 0; ) {
    const to = raisedPlace(current, at, note);
    if (to === at) {
      at -= 1;
      continue;
    }
    const others = current.filter((_, index) => index !== at);
    const moved = current[at] as Expr;
    current = [...others.slice(0, to), moved, ...others.slice(to)];
  }
  return current;
}

function raisedPlace(body: Body, at: number, note: Term): number {
  const { generated, terms } = body[at] as Expr;
  if (!generated || terms.kind !== "call" || note.kind !== "var") {
    return at;
  }
  const [left, right] = terms.operands;
  const operator = operatorName(terms.operator);
  if (
    !(operator === "eq" || operator === "assign") ||
    left?.kind !== "var" ||
    left.value !== note.value ||
    !right
  ) {
    return at;
  }
  const locals = [...termVars(right)].filter(isGenerated);
  if (locals.length === 0) {
    return 0;
  }
  const before = body.slice(0, at);
  const uses = locals.map((name) =>
    before.findIndex((expr) => exprVars(expr).has(name)),
  );
  const highest = Math.max(0, ...uses);
  return highest < at ? highest + 1 : at;
}

function firstUse(body: Body, note: Term): number {
  return note.kind === "var"
    ? body.findIndex((expr) => exprVars(expr).has(note.value))
    : -1;
}

function exprVars(expr: Expr): Set<string> {
  const found = new Set<string>();
  addExprVars(expr, found);
  return found;
}
