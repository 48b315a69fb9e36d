import type { Analysis } from "../analysis/analyze.ts";
import { dependentRules } from "../analysis/check-recursion.ts";
import {
  elseChain,
  headTerms,
  visitTerm,
  visitTerms,
} from "../analysis/map.ts";
import type { Module, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { parseModules } from "../syntax/parser.ts";
import type { TestRule } from "./discover.ts";

/** Modules that are not what they were. */
export type Changes = {
  /** Those that are there, by the names that they are loaded under. */
  readonly files: ReadonlySet<string>;
  /** File name → what it was before: of changed modules and of those that are gone. */
  readonly before: Readonly<Record<string, string>>;
};

type Versions = {
  readonly regoVersion: 0 | 1;
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
};

/** The tests that a change may matter to: they use a rule of a changed file, or one that is gone. */
export function affectedTests(
  { graph, modules }: Analysis,
  tests: readonly TestRule[],
  { before, files }: Changes,
  versions: Versions,
): readonly TestRule[] {
  const rules = modules.flatMap((module) => module.rules);
  const changed = modules
    .filter(({ package: { location } }) => files.has(location.file))
    .flatMap((module) => module.rules);
  const gone = gonePaths(modules, before, versions);
  const users = dependentRules(graph);
  const queue = [
    ...changed,
    ...rules.filter((rule) => refersTo(rule, gone)),
  ].flatMap(elseChain);
  const found = new Set(queue);
  for (const rule of queue) {
    for (const user of users.get(rule) ?? []) {
      if (!found.has(user)) {
        found.add(user);
        queue.push(user);
      }
    }
  }
  const places = new Set(
    rules
      .filter((rule) => elseChain(rule).some((link) => found.has(link)))
      .map(({ location }) => location),
  );
  return tests.filter(({ location }) => places.has(location));
}

type Path = readonly string[];

/** Where rules were that are no more; of text that is no Rego its package is unknown, so all paths. */
function gonePaths(
  modules: readonly Module[],
  before: Readonly<Record<string, string>>,
  versions: Versions,
): readonly Path[] {
  const parsed = parseModules(before, versions);
  if ("errors" in parsed) {
    return [[]];
  }
  const there = new Set(pathsOf(modules).map((path) => path.join("\0")));
  return pathsOf(parsed.modules).filter((path) => !there.has(path.join("\0")));
}

function pathsOf(modules: readonly Module[]): readonly Path[] {
  return modules.flatMap((module) =>
    module.rules.map(({ head }) => [
      ...constants(module.package.path),
      ...constants(head.ref, true),
    ]),
  );
}

/** The names of a ref up to the first that is not known; its head only where it is a name. */
function constants({ value }: RefTerm, withHead = false): Path {
  const [head, ...rest] = value;
  const end = rest.findIndex(({ kind }) => kind !== "string");
  const names = end < 0 ? rest : rest.slice(0, end);
  return [...(withHead && head ? [head] : []), ...names].map((term) =>
    "value" in term ? String(term.value) : "",
  );
}

/** Whether a rule has a ref on the way to one of these paths, or below it. */
function refersTo(rule: Rule, paths: readonly Path[]): boolean {
  if (paths.length === 0) {
    return false;
  }
  let found = false;
  const visit = (term: Term): void => {
    if (term.kind === "ref" && !found) {
      const [head] = term.value;
      const own = constants(term);
      found =
        head?.kind === "var" &&
        head.value === "data" &&
        paths.some((path) => own.every((name, at) => isAt(path, at, name)));
    }
  };
  for (const link of elseChain(rule)) {
    visitTerms(link.body, visit);
    for (const term of headTerms(link)) {
      visitTerm(term, visit);
    }
  }
  return found;
}

function isAt(path: Path, at: number, name: string): boolean {
  return at >= path.length || path[at] === name;
}
