import { headTerms, visitTerm, visitTerms } from "./analysis/map.ts";
import { operatorName } from "./analysis/operator-name.ts";
import {
  findNode,
  type RuleTree,
  rulesAtNode,
  rulesBelow,
} from "./analysis/rule-tree.ts";
import { addBodyVars, addExprVars, rootNames } from "./analysis/vars.ts";
import {
  type Analysed,
  type AnalyseOptions,
  analyseModules,
} from "./compile.ts";
import type { PolicyError } from "./error.ts";
import type { Body, Expr, Module, Rule, Term } from "./syntax/ast.ts";
import { termsJson } from "./syntax/ast-json.ts";
import { rulePath } from "./syntax/attach-annotations.ts";
import { compareTerms } from "./syntax/compare-terms.ts";
import { writeJson } from "./syntax/json-text.ts";
import { parseBody } from "./syntax/parser.ts";
import { printRef } from "./syntax/print.ts";

/** A document that a query depends on. */
type Dependency = {
  /** As `data.a.b`. */
  readonly text: string;
  /** OPA's JSON of its terms. */
  readonly json: string;
};

/** What a query depends on, in order. */
export type Dependencies = {
  /** Documents that are given: of the input, or of data where no rule is. */
  readonly base: readonly Dependency[];
  /** Documents that rules make. */
  readonly virtual: readonly Dependency[];
};

/** What a query depends on by the rules that it reaches, as OPA finds it; or what is wrong with the modules. */
export function dependenciesOf(
  query: string,
  options: AnalyseOptions,
): Dependencies | { readonly errors: readonly PolicyError[] } {
  const analysed = analyseModules(options);
  return "errors" in analysed ? analysed : dependenciesIn(query, analysed);
}

/** The same of modules that are analysed already. */
export function dependenciesIn(
  query: string,
  { analysis }: Analysed,
): Dependencies {
  const body = parseBody("", query);
  const { modules, ruleTree } = analysis;
  const packages = packagesOf(modules);
  const base: Path[] = [];
  const virtual: Path[] = [];
  const visited = new Set<Rule>();
  const follow = (paths: readonly Path[]): void => {
    for (const path of shortest(paths).map(constantPrefix)) {
      const rules = rulesAt(ruleTree, path);
      if (rules.length === 0) {
        base.push(path);
      }
      for (const rule of rules.filter((one) => !visited.has(one))) {
        visited.add(rule);
        virtual.push(rulePath(rule, packages.get(rule) ?? []));
        follow(rulePaths(rule));
      }
    }
  };
  follow(queryPaths(body));
  return { base: listed(base), virtual: listed(virtual) };
}

/** The terms of a ref. */
type Path = readonly Term[];

function packagesOf(modules: readonly Module[]): ReadonlyMap<Rule, Path> {
  return new Map(
    modules.flatMap(({ package: { path }, rules }) =>
      rules.map((rule) => [rule, path.value] as const),
    ),
  );
}

function listed(paths: readonly Path[]): readonly Dependency[] {
  return distinct(paths).map((value) => ({
    text: printRef({ kind: "ref", value, location: nowhere }),
    json: writeJson(termsJson(value)),
  }));
}

const nowhere = { file: "", row: 0, col: 0 };

/** In order, each once. */
function distinct(paths: readonly Path[]): readonly Path[] {
  return paths
    .toSorted(comparePaths)
    .filter((path, at, all) => !at || comparePaths(all[at - 1] ?? [], path));
}

function comparePaths(a: Path, b: Path): number {
  for (const [at, term] of a.entries()) {
    const other = b[at];
    const order = other ? compareTerms(term, other) : 1;
    if (order !== 0) {
      return order;
    }
  }
  return a.length - b.length;
}

function hasPrefix(path: Path, prefix: Path): boolean {
  return (
    prefix.length <= path.length &&
    prefix.every((term, at) => {
      const other = path[at];
      return other !== undefined && compareTerms(term, other) === 0;
    })
  );
}

/** In order, without those that begin with the one before. */
function shortest(paths: readonly Path[]): readonly Path[] {
  const found: Path[] = [];
  for (const path of distinct(paths)) {
    const last = found.at(-1);
    if (!last || !hasPrefix(path, last)) {
      found.push(path);
    }
  }
  return found;
}

/** Up to the first part that is not known before. */
function constantPrefix([head, ...rest]: Path): Path {
  const end = rest.findIndex(({ kind }) => kind === "var" || kind === "ref");
  return head ? [head, ...(end < 0 ? rest : rest.slice(0, end))] : [];
}

/** The rules on the way to a path and below it. */
function rulesAt(tree: RuleTree, [head, ...rest]: Path): readonly Rule[] {
  if (head?.kind !== "var" || head.value !== "data") {
    return [];
  }
  const names = rest.map((term) => ("value" in term ? String(term.value) : ""));
  const onTheWay = names.flatMap((_, at) =>
    rulesAtNode(findNode(tree, names.slice(0, at))),
  );
  return [...onTheWay, ...rulesBelow(findNode(tree, names))];
}

/** The refs of a query: each of its variables is looked at as a part of its result. */
function queryPaths(body: Body): readonly Path[] {
  const vars = new Set<string>();
  addBodyVars(body, vars);
  return pathsOf(body, new Set([...vars].filter((name) => name[0] !== "$")));
}

function rulePaths(rule: Rule): readonly Path[] {
  const vars = new Set<string>();
  for (const term of headTerms(rule)) {
    visitTerm(term, (one) => {
      if (one.kind === "var") {
        vars.add(one.value);
      }
    });
  }
  return pathsOf(rule.body, vars);
}

/** Variable → the refs into documents that it stands for. */
type Joined = ReadonlyMap<string, readonly Path[]>;

/** The refs of a body, with variables that stand for refs put in. */
function pathsOf(body: Body, headVars: ReadonlySet<string>): readonly Path[] {
  const { equal, others } = splitEqualities(body);
  const joined = join(equal);
  const { headPaths, rest } = splitOutputs(others, headVars, joined);
  const found: Path[] = [];
  const used = new Set<string>();
  const add = (path: Path): void => {
    found.push(...expand(path, joined));
  };
  for (const expr of rest) {
    visitTerms([expr], (term) => {
      if (term.kind === "ref") {
        add(term.value);
      }
    });
    addExprVars(expr, used, { skipRefHead: true });
  }
  for (const path of headPaths) {
    if (!found.some((one) => hasPrefix(one, path))) {
      found.push(path);
    }
    addNested(path, add);
  }
  addKeys(body, used);
  for (const [name, paths] of joined) {
    const isWhole = headVars.has(name) || paths.length > 1 || used.has(name);
    for (const path of paths) {
      if (isWhole) {
        add(path);
      }
      addNested(path, add);
    }
  }
  return found;
}

type Equalities = {
  /** Variable → the refs that it equals. */
  readonly equal: ReadonlyMap<string, readonly Path[]>;
  readonly others: readonly Expr[];
};

function splitEqualities(body: Body): Equalities {
  const vars = new Set<string>();
  addBodyVars(body, vars);
  const equal = new Map<string, Path[]>([...vars].map((name) => [name, []]));
  const others: Expr[] = [];
  for (const expr of body) {
    const pair = equality(expr);
    if (pair) {
      equal.get(pair.name)?.push(pair.path);
    } else {
      others.push(expr);
    }
  }
  return { equal, others };
}

/** `x = ref`, either way round. */
function equality({
  terms,
}: Expr): { readonly name: string; readonly path: Path } | undefined {
  if (terms.kind !== "call" || operatorName(terms.operator) !== "eq") {
    return undefined;
  }
  const [left, right] = terms.operands;
  if (left?.kind === "var" && right?.kind === "ref") {
    return { name: left.value, path: right.value };
  }
  return right?.kind === "var" && left?.kind === "ref"
    ? { name: right.value, path: left.value }
    : undefined;
}

/** Puts what a variable equals in place of it, until nothing more comes. */
function join(equal: Equalities["equal"]): Joined {
  const joined = new Map<string, Path[]>([...equal.keys()].map((v) => [v, []]));
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const [name, paths] of equal) {
      const known = joined.get(name) ?? [];
      const come = paths
        .flatMap((path) => expand(path, joined))
        .filter((path) => !known.some((one) => !comparePaths(one, path)));
      known.push(...distinct(come));
      isDone &&= come.length === 0;
    }
  }
  return joined;
}

/** The refs into documents that a ref stands for. */
function expand(path: Path, joined: Joined): readonly Path[] {
  const [head, ...rest] = path;
  if (head?.kind !== "var") {
    return [];
  }
  return rootNames.has(head.value)
    ? [path]
    : (joined.get(head.value) ?? []).map((start) => [...start, ...rest]);
}

/** Expressions that are a ref ending in a variable of the head, and the others. */
function splitOutputs(
  exprs: readonly Expr[],
  headVars: ReadonlySet<string>,
  joined: Joined,
): { readonly headPaths: readonly Path[]; readonly rest: readonly Expr[] } {
  const headPaths: Path[] = [];
  const rest: Expr[] = [];
  for (const expr of exprs) {
    const { terms } = expr;
    const path =
      terms.kind === "term" && terms.term.kind === "ref"
        ? terms.term.value
        : undefined;
    const end = path?.at(-1);
    if (path && end?.kind === "var" && headVars.has(end.value)) {
      headPaths.push(...expand(path, joined));
    } else {
      rest.push(expr);
    }
  }
  return { headPaths, rest };
}

/** The refs inside the parts of a ref. */
function addNested(path: Path, add: (path: Path) => void): void {
  for (const part of path) {
    visitTerm(part, (term) => {
      if (term.kind === "ref") {
        add(term.value);
      }
    });
  }
}

/** A variable that is a key of a ref counts as used. */
function addKeys(body: Body, used: Set<string>): void {
  visitTerms(body, (term) => {
    for (const part of term.kind === "ref" ? term.value.slice(1) : []) {
      if (part.kind === "var") {
        used.add(part.value);
      }
    }
  });
}
