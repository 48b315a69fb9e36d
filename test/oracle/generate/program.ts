import type { Random } from "../../support/random.ts";
import { generateBody, generateTest } from "./body.ts";
import { binding, type Scope } from "./scope.ts";
import { generateTerm, references } from "./term.ts";

/** A module made from a seed; every rule is worth asking for. */
export type GeneratedProgram = {
  readonly package: string;
  readonly text: string;
};

/**
 * Writes a small module of every kind of rule over bodies of every kind of
 * expression. Programs may be undefined, conflict or not compile: what OPA
 * makes of them is what they are for.
 */
export function generateProgram(
  random: Random,
  index: number,
): GeneratedProgram {
  const name = `p${index}`;
  const scope: Scope = {
    random,
    rules: [],
    collections: [],
    functions: [],
    variables: [],
    names: { next: 0 },
    grammar: { body: generateBody, test: generateTest },
  };
  const lines: string[] = [];
  const count = 3 + random.below(5);
  for (let number = 0; number < count; number += 1) {
    lines.push(...random.pick(makers)(scope, number), "");
  }
  const text = [`package ${name}`, "", ...lines].join("\n");
  return {
    package: name,
    text: text.replaceAll("data[package]", `data.${name}`),
  };
}

type MakeRule = (scope: Scope, number: number) => readonly string[];

const makers: readonly MakeRule[] = [
  complete,
  complete,
  choices,
  set,
  set,
  object,
  object,
  nested,
  elseChain,
  testFunction,
  patternFunction,
];

/** The rule is known to those after it, never to itself. */
function declared(
  scope: Scope,
  name: string,
  lines: readonly string[],
): readonly string[] {
  scope.rules.push(name);
  return lines;
}

function declaredCollection(
  scope: Scope,
  name: string,
  lines: readonly string[],
): readonly string[] {
  scope.collections.push(name);
  return declared(scope, name, lines);
}

function complete(scope: Scope, number: number): readonly string[] {
  const name = `r${number}`;
  const { text, variables } = generateBody(scope, 3);
  const value = generateTerm(binding(scope, variables), 2);
  const rule = `${name} := ${value} if {\n\t${text}\n}`;
  return declared(
    scope,
    name,
    scope.random.chance(0.3)
      ? [`default ${name} := "fallback"`, "", rule]
      : [rule],
  );
}

/** Several rules of one name that compare one ref with constants, as an index reads them. */
function choices(scope: Scope, number: number): readonly string[] {
  const { random } = scope;
  const name = `r${number}`;
  const ref = random.pick(references);
  const count = 2 + random.below(4);
  const rules = Array.from({ length: count }, () => {
    const constant = random.pick(['"two"', "1", '"k"', "true", "3", '"ann"']);
    const test = random.pick([
      `${ref} == ${constant}`,
      `${constant} == ${ref}`,
      `${ref} in {${constant}, "bob"}`,
      `${constant} in ${ref}`,
      `${ref} = ${constant}`,
    ]);
    const { text } = generateBody(scope, 1);
    const head = random.pick([name, `${name} := ${constant}`]);
    return `${head} if {\n\t${test}\n\t${text}\n}`;
  });
  return declared(scope, name, rules);
}

function set(scope: Scope, number: number): readonly string[] {
  const name = `r${number}`;
  const rules = Array.from({ length: 1 + scope.random.below(2) }, () => {
    const { text, variables } = generateBody(scope, 3);
    return `${name} contains ${generateTerm(binding(scope, variables), 2)} if {\n\t${text}\n}`;
  });
  return declaredCollection(scope, name, rules);
}

function object(scope: Scope, number: number): readonly string[] {
  const name = `r${number}`;
  const rules = Array.from({ length: 1 + scope.random.below(2) }, () => {
    const { text, variables } = generateBody(scope, 3);
    const key = scope.random.pick(['"k"', "input.b", "input.a", ...variables]);
    return `${name}[${key}] := ${generateTerm(binding(scope, variables), 2)} if {\n\t${text}\n}`;
  });
  return declaredCollection(scope, name, rules);
}

/** Heads with several keys, the last of them a value or a member. */
function nested(scope: Scope, number: number): readonly string[] {
  const { random } = scope;
  const name = `r${number}`;
  const member = random.chance(0.5);
  const rules = Array.from({ length: 1 + random.below(3) }, () => {
    const { text, variables } = generateBody(scope, 2);
    const inner = binding(scope, variables);
    const key = (): string =>
      random.pick(["k", "j", ...variables, "input.b"].map((one) => one));
    const path = [key(), key()]
      .map((one) => (/^[kj]$/.test(one) ? `.${one}` : `[${one}]`))
      .join("");
    const value = generateTerm(inner, 1);
    return member
      ? `${name}${path} contains ${value} if {\n\t${text}\n}`
      : `${name}${path} := ${value} if {\n\t${text}\n}`;
  });
  return declaredCollection(scope, name, rules);
}

function elseChain(scope: Scope, number: number): readonly string[] {
  const name = `r${number}`;
  const { text, variables } = generateBody(scope, 3);
  const first = `${name} := ${generateTerm(binding(scope, variables), 2)} if {\n\t${text}\n}`;
  const links = Array.from({ length: 1 + scope.random.below(2) }, () => {
    const link = generateBody(scope, 2);
    const value = generateTerm(binding(scope, link.variables), 1);
    return ` else := ${value} if {\n\t${link.text}\n}`;
  });
  return declared(scope, name, [first + links.join("")]);
}

function testFunction(scope: Scope, number: number): readonly string[] {
  const { random } = scope;
  const name = `f${number}`;
  const args = random.chance(0.6) ? ["arg"] : ["arg", "other"];
  const inner = binding(scope, args);
  const { text, variables } = generateBody(inner, 2);
  const value = generateTerm(binding(inner, variables), 2);
  const rule = `${name}(${args.join(", ")}) := ${value} if {\n\t${text}\n}`;
  scope.functions.push({ name, arity: args.length });
  return random.chance(0.4)
    ? [`default ${name}(${args.map(() => "_").join(", ")}) := "none"`, "", rule]
    : [rule];
}

/** A function of several rules that match their argument against patterns. */
function patternFunction(scope: Scope, number: number): readonly string[] {
  const { random } = scope;
  const name = `f${number}`;
  const count = 1 + random.below(4);
  const rules = Array.from({ length: count }, () => {
    const pattern = random.pick([
      { text: '"two"', variables: [] },
      { text: "1", variables: [] },
      { text: "[first, _]", variables: ["first"] },
      { text: '{"k": inner}', variables: ["inner"] },
      { text: "any_arg", variables: ["any_arg"] },
    ]);
    const inner = binding(scope, pattern.variables);
    return `${name}(${pattern.text}) := ${generateTerm(inner, 1)}`;
  });
  scope.functions.push({ name, arity: 1 });
  return rules;
}
