import { binding, fresh, type GeneratedBody, type Scope } from "./scope.ts";
import { generateCollection, generateTerm, references } from "./term.ts";

/** One to `size` expressions, joined by `separator`. */
export function generateBody(
  scope: Scope,
  size: number,
  separator = "\n\t",
): GeneratedBody {
  const texts: string[] = [];
  let current = scope;
  const count = 1 + scope.random.below(size);
  for (let number = 0; number < count; number += 1) {
    const { text, variables } = generateExpr(current);
    texts.push(text);
    current = binding(current, variables);
  }
  const bound = current.variables.slice(scope.variables.length);
  // OPA refuses declared variables that nothing uses.
  if (bound.length > 0) {
    texts.push(`count([${bound.join(", ")}]) == ${bound.length}`);
  }
  return { text: texts.join(separator), variables: bound };
}

/** An expression that binds nothing and may fail. */
export function generateTest(scope: Scope): string {
  const { random } = scope;
  const operator = random.pick(["==", "!=", "<", "<=", ">", ">=", "in", "in"]);
  if (operator === "in") {
    return random.chance(0.2)
      ? `${generateTerm(scope, 1)}, ${generateTerm(scope, 0)} in ${generateCollection(scope)}`
      : `${generateTerm(scope, 1)} in ${generateCollection(scope)}`;
  }
  // OPA refuses to compare two terms whose types can never be equal.
  const left = ["==", "!="].includes(operator)
    ? random.pick([...references, ...scope.variables])
    : generateTerm(scope, 2);
  return `${left} ${operator} ${generateTerm(scope, 2)}`;
}

type MakeExpr = (scope: Scope) => GeneratedBody;

function generateExpr(scope: Scope): GeneratedBody {
  return scope.random.pick(exprs)(scope);
}

const test: MakeExpr = (scope) => only(generateTest(scope));

const exprs: readonly MakeExpr[] = [
  test,
  test,
  (scope) => {
    const name = fresh(scope);
    return {
      text: `${name} := ${generateTerm(scope, 2)}`,
      variables: [name],
    };
  },
  (scope) => {
    const name = fresh(scope);
    return {
      text: `some ${name} in ${generateCollection(scope)}`,
      variables: [name],
    };
  },
  (scope) => {
    const [key, value] = [fresh(scope), fresh(scope)];
    return {
      text: `some ${key}, ${value} in ${generateCollection(scope)}`,
      variables: [key, value],
    };
  },
  (scope) => only(negated(scope, generateTest(scope))),
  (scope) => only(negated(scope, generateTerm(scope, 2))),
  every,
  (scope) =>
    only(
      `${scope.random.pick([...scope.rules, ...references])} ${replacement(scope)}`,
    ),
  (scope) =>
    only(`${generateTest(scope)} ${replacement(scope)} ${replacement(scope)}`),
  (scope) => {
    const name = fresh(scope);
    return {
      text: `${name} := ${generateTerm(scope, 1)} ${replacement(scope)}`,
      variables: [name],
    };
  },
  unification,
  (scope) => {
    const name = fresh(scope);
    const collection = scope.random.pick([
      "input.xs",
      "input.o",
      "data.base.roles",
      ...scope.collections,
    ]);
    return {
      text: `some ${name}; ${collection}[${name}]`,
      variables: [name],
    };
  },
  (scope) => {
    const [path, value] = [fresh(scope), fresh(scope)];
    return {
      text: `walk(${scope.random.pick(["input", "input.o"])}, [${path}, ${value}])`,
      variables: [path, value],
    };
  },
];

function only(text: string): GeneratedBody {
  return { text, variables: [] };
}

/** A wildcard is unsafe under `not` most of the time. */
function negated({ random }: Scope, text: string): string {
  return random.chance(0.1)
    ? `not ${text}`
    : `not ${text.replaceAll("[_]", "[0]")}`;
}

function every(scope: Scope): GeneratedBody {
  const [key, value] = [fresh(scope), fresh(scope)];
  const inner = binding(scope, [key, value]);
  return only(
    `every ${key}, ${value} in ${generateCollection(scope)} { count([${key}, ${value}]) == 2; ${generateTest(inner)} }`,
  );
}

/** `=` between a pattern and a term that may fit it. */
function unification(scope: Scope): GeneratedBody {
  const { random } = scope;
  const [first, second] = [fresh(scope), fresh(scope)];
  const both = [first, second];
  return random.pick([
    () => ({
      text: `[${first}, _] = [${generateTerm(scope, 1)}, ${generateTerm(scope, 1)}]`,
      variables: [first],
    }),
    () => ({
      text: `[${first}, ${second}] = input.names`,
      variables: both,
    }),
    () => ({
      text: `{"k": ${first}, "n": ${second}} = input.o`,
      variables: both,
    }),
    () => ({
      text: `{"k": ${first}, "j": [${second}, 1]} = {"k": ${generateTerm(scope, 1)}, "j": [${generateTerm(scope, 1)}, input.a]}`,
      variables: both,
    }),
    () => ({
      text: `${first} = ${generateTerm(scope, 2)}`,
      variables: [first],
    }),
  ])();
}

/** A `with` modifier on input, base data, a rule, a function or a builtin. */
function replacement(scope: Scope): string {
  const { random } = scope;
  const value = generateTerm(scope, 1);
  const targets = [
    "input",
    "input.a",
    "input.b",
    "input.o.k",
    "data.base.limits",
    "data.base.limits.ann",
    ...scope.rules.map((name) => `data[package].${name}`),
  ];
  const functions = [
    ...scope.functions
      .filter(({ arity }) => arity === 1)
      .map(({ name }) => name),
    "count",
    "upper",
  ];
  if (random.chance(0.3)) {
    return `with ${random.pick(functions)} as ${random.pick(["type_name", '"mocked"', "7"])}`;
  }
  return `with ${random.pick(targets)} as ${value}`;
}
