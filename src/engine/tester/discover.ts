import type { Location } from "../source.ts";
import type { Module, Rule, Term } from "../syntax/ast.ts";

/** A rule that `test` runs: its virtual document and where it stands. */
export type TestRule = {
  /** Path below `data`: `["guards", "dlp_test", "test_clean_call"]`. */
  readonly path: readonly string[];
  /** `data.guards.dlp_test`, as reports print it. */
  readonly package: string;
  /** The rule's own reference: `test_clean_call`. */
  readonly name: string;
  readonly location: Location;
  /** A `todo_test_` rule: reported as skipped, never run. */
  readonly todo: boolean;
  /** `test_x[note]`: variables behind the name. */
  readonly hasSubTests: boolean;
};

/**
 * Every test rule, in file order. As in `opa test`, the last element of a
 * rule reference before any variable decides: `test_…` runs, `todo_test_…` is
 * skipped.
 * Several bodies of one rule are one test.
 */
export function discoverTests(modules: Iterable<Module>): TestRule[] {
  const found = new Map<string, TestRule>();
  for (const module of modules) {
    const packagePath = groundPrefix(module.package.path.value);
    for (const rule of module.rules) {
      const test = toTestRule(packagePath, rule);
      if (test && !found.has(test.path.join("/"))) {
        found.set(test.path.join("/"), test);
      }
    }
  }
  return [...found.values()];
}

function toTestRule(
  packagePath: readonly string[],
  rule: Rule,
): TestRule | undefined {
  const names = groundPrefix(rule.head.ref.value);
  const last = names.at(-1);
  if (last === undefined || rule.head.args.length > 0) {
    return undefined;
  }
  if (!last.startsWith("test_") && !last.startsWith("todo_test_")) {
    return undefined;
  }
  return {
    path: [...packagePath.slice(1), ...names],
    package: packagePath.join("."),
    name: names.join("."),
    location: rule.location,
    todo: last.startsWith("todo_"),
    hasSubTests: names.length < rule.head.ref.value.length,
  };
}

/** The elements of a reference up to its first variable, its head included. */
function groundPrefix(terms: readonly Term[]): string[] {
  const names: string[] = [];
  for (const [index, term] of terms.entries()) {
    if (term.kind !== "string" && !(term.kind === "var" && index === 0)) {
      break;
    }
    names.push(term.value);
  }
  return names;
}
