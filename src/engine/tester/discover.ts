import { testName } from "../analysis/test-rules.ts";
import type { Location } from "../source.ts";
import type { Module, Rule } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";

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
  /** `test_x[note]`: an object of test cases. */
  readonly hasCases: boolean;
  /** A `snapshot_` rule: its value is compared with one that was stored. */
  readonly isSnapshot?: boolean;
};

/** Every test rule of analysed modules, in file order; `testName` says which are. */
export function discoverTests(modules: Iterable<Module>): TestRule[] {
  return [...modules].flatMap((module) =>
    module.rules.flatMap((rule) => toTestRule(module, rule)),
  );
}

const snapshotPrefix = "snapshot_";

/** Every document of `snapshot_` rules, where its first rule stands. */
export function discoverSnapshots(modules: Iterable<Module>): TestRule[] {
  const found = new Map<string, TestRule>();
  for (const module of modules) {
    for (const { head, location } of module.rules) {
      const [name] = head.ref.value;
      if (
        name?.kind === "var" &&
        name.value.startsWith(snapshotPrefix) &&
        head.args.length === 0
      ) {
        const names = [...module.package.path.value.slice(1), name];
        const path = names.map((term) => String("value" in term && term.value));
        const key = JSON.stringify(path);
        const known = found.get(key);
        found.set(
          key,
          known ?? {
            path,
            package: printRef(module.package.path),
            name: name.value,
            location,
            todo: false,
            hasCases: false,
            isSnapshot: true,
          },
        );
      }
    }
  }
  return [...found.values()];
}

function toTestRule(module: Module, rule: Rule): TestRule[] {
  const test = testName(rule.head);
  if (!test) {
    return [];
  }
  const { ref } = rule.head;
  const names = ref.value.slice(0, test.length);
  return [
    {
      path: [...module.package.path.value.slice(1), ...names].map((term) =>
        term.kind === "string" || term.kind === "var" ? term.value : "",
      ),
      package: printRef(module.package.path),
      name: printRef({ ...ref, value: names }),
      location: rule.location,
      todo: test.name.startsWith("todo_"),
      hasCases: isPartialObject(rule),
    },
  ];
}

/** As OPA's `PartialObjectDoc`: single values under a reference with variables. */
function isPartialObject({ head }: Rule): boolean {
  return (
    head.key === undefined &&
    head.ref.value.slice(1).some(({ kind }) => kind === "var")
  );
}

/** The full name of a test, as `--run` and reports have it. */
export function fullName({ package: pkg, name }: TestRule): string {
  return name.startsWith("[") ? `${pkg}${name}` : `${pkg}.${name}`;
}

/** The entrypoint that a test is in a module of its suite. */
export function toEntrypoint({ path }: TestRule): string {
  return path.map(encodeURIComponent).join("/");
}
