import { binding, fresh, type Scope } from "./scope.ts";

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
  '"k"',
  "true",
  "false",
  "null",
  "[]",
  "{}",
  "set()",
  "`raw\\n`",
];

/** Refs into the documents that inputs and base data may have. */
export const references = [
  "input.a",
  "input.b",
  "input.o.k",
  "input.o.n.m[0]",
  "input.xs[1]",
  "input.names[_]",
  "input.missing",
  "input.f",
  "input.o",
  "data.base.limits.ann",
  "data.base.limits[input.b]",
  "data.base.roles[_].name",
  "input.o[input.b]",
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

/** Something that can be gone through, most of the time. */
export function generateCollection(scope: Scope): string {
  const { random } = scope;
  return random.pick([
    "input.xs",
    "input.names",
    "input.o",
    "input",
    "data.base.roles",
    "data.base.limits",
    '{1, 2, "two"}',
    '{"k": input.a, "j": input.b}',
    `[${generateTerm(scope, 1)}, ${generateTerm(scope, 1)}]`,
    "numbers.range(1, 4)",
    ...scope.rules,
    ...scope.rules,
  ]);
}

/** A term of at most `depth` levels. */
export function generateTerm(scope: Scope, depth: number): string {
  const { random } = scope;
  if (depth <= 0 || random.chance(0.45)) {
    return random.pick([
      ...references,
      ...scalars,
      ...scope.variables,
      ...scope.variables,
      ...scope.variables,
      ...scope.rules,
    ]);
  }
  return random.pick([
    ...composites,
    ...operators,
    ...calls,
    ...comprehensions,
    ...scope.collections.flatMap((name) => lookups(name)),
    ...scope.functions.map(
      ({ name, arity }): Make =>
        (inner) =>
          `${name}(${Array.from({ length: arity }, () => inner()).join(", ")})`,
    ),
  ])(() => generateTerm(scope, depth - 1), scope);
}

type Make = (inner: () => string, scope: Scope) => string;

const composites: readonly Make[] = [
  (inner) => `[${inner()}, ${inner()}]`,
  (inner) => `{${inner()}, ${inner()}}`,
  (inner) => `{"k": ${inner()}, "j": ${inner()}}`,
  (inner) => `{${inner()}: ${inner()}}`,
  (inner, { random }) =>
    `[${inner()}, ${inner()}][${random.pick(["0", "1", "input.a", "_"])}]`,
  (inner) => `{"k": ${inner()}}["k"]`,
  (inner) => `$"<{${expression(inner)}}|{${expression(inner)}}>"`,
];

/** For a template, in which OPA takes no wildcard. */
function expression(inner: () => string): string {
  const text = inner();
  return /\b_\b/.test(text) ? "input.a" : text;
}

const operators: readonly Make[] = [
  (_inner, { random }) =>
    `${random.pick(numbers)} ${random.pick(["+", "-", "*", "/", "%"])} ${random.pick(numbers)}`,
  (_inner, { random }) =>
    `(${random.pick(sets)} ${random.pick(["|", "&", "-"])} ${random.pick(sets)})`,
  (inner, { random }) =>
    `(${inner()} ${random.pick(["==", "!=", "<", ">="])} ${random.pick(references)})`,
];

const calls: readonly Make[] = [
  (_inner, { random }) => `count(${random.pick(references)})`,
  (inner) => `count([${inner()}, ${inner()}])`,
  () => "sum(input.xs)",
  () => "max(input.xs)",
  () => "sort(input.xs)",
  () => 'concat("-", input.names)',
  () => "upper(input.b)",
  () => 'split(input.b, "")',
  (inner) => `sprintf("%v", [${inner()}])`,
  (inner) => `type_name(${inner()})`,
  (inner) => `is_string(${inner()})`,
  (inner) => `json.marshal(${inner()})`,
  (_inner, { random }) => `to_number(${random.pick(references)})`,
  (inner, { random }) =>
    `object.get(input, "${random.pick(["a", "o", "q"])}", ${inner()})`,
  (inner) => `object.get(input, ["o", "k"], ${inner()})`,
  () => "object.keys(input.o)",
  () => 'object.union(input.o, {"k": 1, "z": 2})',
  () => "array.concat(input.xs, input.names)",
  () => 'regex.match("^[a-z]+$", input.b)',
  () => 'glob.match("t*", [], input.b)',
  () => "startswith(input.b, input.names[_])",
];

const comprehensions: readonly Make[] = [
  (_inner, scope) => comprehension(scope, (item) => `[${item} |`, "]"),
  (_inner, scope) => comprehension(scope, (item) => `{${item} |`, "}"),
  (_inner, scope) => comprehension(scope, (item) => `{${item}: ${item} |`, "}"),
  (_inner, scope) => comprehension(scope, (item) => `count([${item} |`, "])"),
  (_inner, scope) => {
    const [key, value] = [fresh(scope), fresh(scope)];
    const inner = binding(scope, [key, value]);
    return `{${key}: ${value} | some ${key}, ${value} in ${generateCollection(scope)}; ${scope.grammar.test(inner)}}`;
  },
  (_inner, scope) => {
    const [path, value] = [fresh(scope), fresh(scope)];
    return `[${path} | walk(${scope.random.pick(["input", "input.o", "data.base"])}, [${path}, ${value}]); ${scope.grammar.test(binding(scope, [value]))}]`;
  },
  (_inner, scope) => {
    const { text, variables } = scope.grammar.body(scope, 2, " ; ");
    return `[${generateTerm(binding(scope, variables), 1)} | ${text}]`;
  },
];

function comprehension(
  scope: Scope,
  open: (item: string) => string,
  close: string,
): string {
  const item = fresh(scope);
  const test = scope.grammar.test(binding(scope, [item]));
  return `${open(item)} some ${item} in ${generateCollection(scope)}; ${test}${close}`;
}

/** A rule's document looked into with a key of the moment or with any. */
function lookups(name: string): readonly Make[] {
  return [
    (inner, { random }) =>
      random.chance(0.2) ? `${name}[${inner()}]` : `${name}[_]`,
    () => `${name}[input.b]`,
    (_inner, { random }) =>
      random.chance(0.2) ? `${name}.k` : `${name}[_][_]`,
  ];
}
