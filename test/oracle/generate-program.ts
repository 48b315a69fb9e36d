import type { Random } from "../support/random.ts";

/** A module made from a seed; every rule is worth asking for. */
export type GeneratedProgram = {
  readonly package: string;
  readonly text: string;
};

/** The documents that generated programs look into. */
export const generatedInputs: readonly string[] = [
  '{"a":1,"b":"two","xs":[1,2,3,2],"ys":[],"o":{"k":"v","n":{"m":[true,null,1.5]}},"f":false,"z":null,"names":["ann","bob","cyd"]}',
  '{"a":-7,"b":"","xs":[3,"3",[3],{"x":3}],"o":{"k":1},"f":true,"names":[]}',
  '{"a":12345678901234567890,"b":"Zoë","xs":[0.1,0.2,1e3],"o":{},"names":["bob"]}',
  "{}",
];

/**
 * Writes a small module: complete, set, object and function rules, defaults
 * and else, over bodies of comparisons, iteration, negation, comprehensions,
 * `every` and `with`. Programs may be undefined or conflict; they compile or
 * are dropped by the caller after asking OPA.
 */
export function generateProgram(
  random: Random,
  index: number,
): GeneratedProgram {
  const name = `p${index}`;
  const lines = [`package ${name}`, ""];
  const rules: string[] = [];
  const functions: string[] = [];
  const count = 3 + random.below(5);
  for (let number = 0; number < count; number += 1) {
    const scope: Scope = { random, rules, functions, variables: [], next: 0 };
    lines.push(...generateRule(scope, number), "");
  }
  return { package: name, text: lines.join("\n") };
}

type Scope = {
  readonly random: Random;
  /** Names of rules without arguments, usable in terms. */
  readonly rules: string[];
  readonly functions: string[];
  /** Variables bound so far in the body. */
  variables: string[];
  next: number;
};

function generateRule(scope: Scope, number: number): string[] {
  const { random } = scope;
  const kind = random.pick([
    "complete",
    "complete",
    "set",
    "object",
    "function",
    "else",
  ]);
  if (kind === "function") {
    const name = `f${number}`;
    scope.variables = ["arg"];
    const body = generateBody(scope, 2);
    const text = `${name}(arg) := ${generateTerm(scope, 2)} if {\n${body}\n}`;
    scope.functions.push(name);
    return random.chance(0.4)
      ? [`default ${name}(_) := "none"`, "", text]
      : [text];
  }
  const name = `r${number}`;
  const body = generateBody(scope, 3);
  const lines = headed(scope, kind, name, body);
  scope.rules.push(name);
  return lines;
}

function headed(
  scope: Scope,
  kind: string,
  name: string,
  body: string,
): string[] {
  const { random } = scope;
  switch (kind) {
    case "set":
      return [`${name} contains ${generateTerm(scope, 2)} if {\n${body}\n}`];
    case "object":
      return [
        `${name}[${random.pick(['"k"', "input.b", "input.a", ...scope.variables])}] := ${generateTerm(scope, 2)} if {\n${body}\n}`,
      ];
    case "else": {
      const value = generateTerm(scope, 2);
      scope.variables = [];
      return [
        `${name} := ${value} if {\n${body}\n} else := ${generateTerm(scope, 1)} if {\n${generateBody(scope, 2)}\n}`,
      ];
    }
    default: {
      const head = `${name} := ${generateTerm(scope, 2)} if {\n${body}\n}`;
      return random.chance(0.3)
        ? [`default ${name} := "fallback"`, "", head]
        : [head];
    }
  }
}

function generateBody(scope: Scope, size: number): string {
  const lines: string[] = [];
  const count = 1 + scope.random.below(size);
  for (let number = 0; number < count; number += 1) {
    lines.push(`\t${generateExpr(scope)}`);
  }
  // OPA refuses declared variables that nothing uses.
  const used = scope.variables.filter((name) => name !== "arg");
  if (used.length > 0) {
    lines.push(`\tcount([${used.join(", ")}]) == ${used.length}`);
  }
  return lines.join("\n");
}

function fresh(scope: Scope): string {
  scope.next += 1;
  return `v${scope.next}`;
}

function generateExpr(scope: Scope): string {
  const { random } = scope;
  const kind = random.below(9);
  if (kind === 0) {
    const name = fresh(scope);
    const text = `${name} := ${generateTerm(scope, 2)}`;
    scope.variables.push(name);
    return text;
  }
  if (kind === 1) {
    const name = fresh(scope);
    const text = `some ${name} in ${generateCollection(scope)}`;
    scope.variables.push(name);
    return text;
  }
  if (kind === 2) {
    const [key, value] = [fresh(scope), fresh(scope)];
    const text = `some ${key}, ${value} in ${generateCollection(scope)}`;
    scope.variables.push(key, value);
    return text;
  }
  if (kind === 3) {
    return `not ${generateTest(scope)}`;
  }
  if (kind === 4) {
    const name = fresh(scope);
    const inner = { ...scope, variables: [...scope.variables, name] };
    return `every ${name} in ${generateCollection(scope)} { count([${name}]) == 1; ${generateTest(inner)} }`;
  }
  if (kind === 5 && scope.rules.length > 0) {
    return `${random.pick(scope.rules)} with input.${random.pick(["a", "b", "o.k"])} as ${generateTerm(scope, 1)}`;
  }
  if (kind === 6) {
    const name = fresh(scope);
    const text = `[${name}, _] = [${generateTerm(scope, 1)}, ${generateTerm(scope, 1)}]`;
    scope.variables.push(name);
    return text;
  }
  return generateTest(scope);
}

function generateTest(scope: Scope): string {
  const { random } = scope;
  const operator = random.pick(["==", "!=", "<", "<=", ">", ">=", "in", "in"]);
  if (operator === "in") {
    return `${generateTerm(scope, 1)} in ${generateCollection(scope)}`;
  }
  // OPA refuses to compare two terms whose types can never be equal.
  const left = ["==", "!="].includes(operator)
    ? random.pick(references)
    : generateTerm(scope, 2);
  return `${left} ${operator} ${generateTerm(scope, 2)}`;
}

function generateCollection(scope: Scope): string {
  const { random } = scope;
  return random.pick([
    "input.xs",
    "input.names",
    "input.o",
    "{1, 2, input.a}",
    `[${generateTerm(scope, 1)}, ${generateTerm(scope, 1)}]`,
    "numbers.range(1, 4)",
    ...scope.rules,
  ]);
}

const scalars = [
  "0",
  "1",
  "-3",
  "2.5",
  "1e2",
  "9007199254740993",
  '"two"',
  '""',
  '"Zoë"',
  "true",
  "false",
  "null",
  "[]",
  "{}",
  "set()",
];

const references = [
  "input.a",
  "input.b",
  "input.o.k",
  "input.o.n.m[0]",
  "input.xs[1]",
  "input.names[_]",
  "input.missing",
  "input.f",
  "input.o",
];

const numbers = [
  ...references,
  "0",
  "-3",
  "2.5",
  "9007199254740993",
  "count(input.xs)",
];

const sets = [...references, "{1, 2}", "{input.a, input.b}", "set()"];

function generateTerm(scope: Scope, depth: number): string {
  const { random } = scope;
  if (depth === 0 || random.chance(0.45)) {
    return random.pick([
      ...references,
      ...scalars,
      ...scope.variables,
      ...scope.variables,
      ...scope.rules,
    ]);
  }
  const inner = (): string => generateTerm(scope, depth - 1);
  const bound = { ...scope, variables: [...scope.variables, "c"] };
  return random.pick([
    () => `[${inner()}, ${inner()}]`,
    () => `{${inner()}, ${inner()}}`,
    () => `{"k": ${inner()}, "j": ${inner()}}`,
    () => {
      const operator = random.pick(["+", "-", "*", "/", "%"]);
      return `${random.pick(numbers)} ${operator} ${random.pick(numbers)}`;
    },
    () => {
      const operator = random.pick(["|", "&"]);
      return `(${random.pick(sets)} ${operator} ${random.pick(sets)})`;
    },
    () => `count(${random.pick(references)})`,
    () => `count([${inner()}, ${inner()}])`,
    () => `sum(input.xs)`,
    () => `concat("-", input.names)`,
    () => `upper(input.b)`,
    () => `sprintf("%v", [${inner()}])`,
    () => `type_name(${inner()})`,
    () => `object.get(input, "${random.pick(["a", "o", "q"])}", ${inner()})`,
    () => `[c | some c in input.xs; ${generateTest(bound)}]`,
    () => `{c | some c in input.names; ${generateTest(bound)}}`,
    () => `{c: count(c) | some c in input.names}`,
    ...scope.functions.map((name) => () => `${name}(${inner()})`),
  ])();
}
