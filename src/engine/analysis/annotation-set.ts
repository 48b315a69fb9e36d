import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Annotations, Module, Rule, Term } from "../syntax/ast.ts";
import { rulePath } from "../syntax/attach-annotations.ts";
import { printTerm } from "../syntax/print.ts";
import type { YamlValue } from "../yaml/decode.ts";
import type { Report } from "./state.ts";

/** Annotations with the path of what they speak of. */
export type PlacedAnnotations = {
  readonly path: readonly Term[];
  readonly location: Location;
  readonly annotations: Annotations | undefined;
};

/** The annotations of all modules by what they speak of. */
export type AnnotationSet = {
  /** By the place of the rule, which every pass keeps. */
  readonly byRule: ReadonlyMap<Location, readonly Annotations[]>;
  readonly byPackage: ReadonlyMap<string, Annotations>;
  /** Of documents and subpackages. */
  readonly byPath: ReadonlyMap<string, Annotations>;
};

export function buildAnnotationSet(
  modules: readonly Module[],
  report: Report,
): AnnotationSet {
  const byRule = new Map<Location, Annotations[]>();
  const byPackage = new Map<string, Annotations>();
  const byPath = new Map<string, Annotations>();
  for (const one of modules.flatMap(({ annotations }) => annotations)) {
    const { scope, target } = one;
    if (!target) {
      continue;
    }
    if (scope === "rule") {
      const known = byRule.get(target.location) ?? [];
      byRule.set(target.location, [...known, one]);
      continue;
    }
    const map = scope === "package" ? byPackage : byPath;
    const path = pathKey(target.path);
    const other = map.get(path);
    if (other) {
      const { file, row } = other.location;
      const message = `${scope} annotation redeclared: ${file}:${row}`;
      const { location } = one;
      report(new PolicyError("rego_type_error", message, { location }));
    } else {
      map.set(path, one);
    }
  }
  return { byRule, byPackage, byPath };
}

export function pathKey(path: readonly Term[]): string {
  return path.map(printTerm).join(".");
}

/** The annotations of a package and of those above it, from the root on. */
export function subpackageAnnotations(
  { byPath }: AnnotationSet,
  path: readonly Term[],
): Annotations[] {
  return path.flatMap((_, index) => {
    const found = byPath.get(pathKey(path.slice(0, index + 1)));
    return found ? [found] : [];
  });
}

/**
 * What is known of a rule, the nearest first: its own annotations (or just its
 * path), those of its document, its package and the packages above.
 */
export function annotationChain(
  set: AnnotationSet,
  rule: Rule,
  packagePath: readonly Term[],
): PlacedAnnotations[] {
  const path = rulePath(rule, packagePath);
  const own = (set.byRule.get(rule.location) ?? []).toReversed().map(placed);
  const outer = [
    set.byPath.get(pathKey(path)),
    set.byPackage.get(pathKey(packagePath)),
    ...subpackageAnnotations(set, packagePath).toReversed(),
  ];
  return [
    ...(own.length > 0
      ? own
      : [{ path, location: rule.location, annotations: undefined }]),
    ...outer.flatMap((one) => (one ? [placed(one)] : [])),
  ];
}

function placed(annotations: Annotations): PlacedAnnotations {
  const { location, target } = annotations;
  return {
    path: target?.path ?? [],
    location: target?.location ?? location,
    annotations,
  };
}

/** All annotations by path, then by their place. */
export function listAnnotations(set: AnnotationSet): PlacedAnnotations[] {
  const all = [
    ...set.byPath.values(),
    ...set.byPackage.values(),
    ...[...set.byRule.values()].flat(),
  ].map(placed);
  return all.sort(
    (a, b) => comparePaths(a.path, b.path) || compareBlocks(a, b),
  );
}

function comparePaths(a: readonly Term[], b: readonly Term[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [one, other] = [a[index], b[index]].map((term) =>
      term ? printTerm(term) : "",
    ) as [string, string];
    if (one !== other) {
      return one < other ? -1 : 1;
    }
  }
  return a.length - b.length;
}

function compareBlocks(a: PlacedAnnotations, b: PlacedAnnotations): number {
  const [one, other] = [a.annotations?.location, b.annotations?.location];
  if (!one || !other) {
    return 0;
  }
  if (one.file !== other.file) {
    return one.file < other.file ? -1 : 1;
  }
  return one.row - other.row || one.col - other.col;
}

/** The labels of a rule; what is nearer to it wins. */
export function mergedLabels(
  chain: readonly PlacedAnnotations[],
): Map<string, YamlValue> {
  const merged = new Map<string, YamlValue>();
  for (const { annotations } of chain.toReversed()) {
    for (const [name, value] of annotations?.labels ?? []) {
      merged.set(String(name), value);
    }
  }
  return merged;
}
