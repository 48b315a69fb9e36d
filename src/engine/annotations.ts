import {
  annotationChain,
  buildAnnotationSet,
  listAnnotations,
  mergedLabels,
} from "./analysis/annotation-set.ts";
import { elseChain } from "./analysis/map.ts";
import { builtinDeclarations } from "./builtins/registry.ts";
import type { PolicyError } from "./error.ts";
import type { Location } from "./source.ts";
import { annotationsJson, mapJson } from "./syntax/annotation-json.ts";
import type { Module, Term } from "./syntax/ast.ts";
import { termsJson } from "./syntax/ast-json.ts";
import { rulePath } from "./syntax/attach-annotations.ts";
import { writeJson } from "./syntax/json-text.ts";
import { parseModules } from "./syntax/parser.ts";
import { printRef } from "./syntax/print.ts";

/** What the metadata blocks of modules say. */
export type PolicyAnnotations = {
  /** By path, then by place. */
  readonly annotations: readonly PathAnnotations[];
  /** Rules and packages with `entrypoint: true`, as `authz/allow`. */
  readonly entrypoints: readonly string[];
  /** The labels of each rule that has any, from all that is said of it. */
  readonly ruleLabels: readonly RuleLabels[];
};

export type PathAnnotations = {
  /** What they speak of, as `data.authz.allow`. */
  readonly path: string;
  /** The same as an entrypoint, as `authz/allow`. */
  readonly entrypoint: string;
  readonly location: Location;
  /** OPA's JSON of them. */
  readonly json: string;
  /** OPA's JSON of the terms of the path. */
  readonly pathJson: string;
  /** The path without `data`, as `authz.allow`. */
  readonly name: string;
  /** The package that they stand in, as `authz`. */
  readonly package: string;
  /** The head of the rule that they speak of, if it is one: `allow[x]`. */
  readonly rule: string | undefined;
};

export type RuleLabels = {
  readonly path: string;
  readonly location: Location;
  /** A JSON object. */
  readonly labels: string;
};

type Versions = {
  readonly regoVersion?: 0 | 1;
  /** Those of files by name, where it is not that of the others. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
};

/** Reads the annotations of modules; or says what is wrong with them. */
export function readAnnotations(
  files: Readonly<Record<string, string>>,
  { regoVersion = 1, regoVersions }: Versions = {},
): PolicyAnnotations | { readonly errors: readonly PolicyError[] } {
  const parsed = parseModules(files, {
    regoVersion,
    regoVersions,
    isBuiltin: (name) => builtinDeclarations.has(name),
  });
  if ("errors" in parsed) {
    return parsed;
  }
  const errors: PolicyError[] = [];
  const modules = parsed.modules.toSorted((a, b) =>
    a.package.location.file < b.package.location.file ? -1 : 1,
  );
  const set = buildAnnotationSet(modules, (error) => errors.push(error));
  if (errors.length > 0) {
    return { errors };
  }
  const listed = listAnnotations(set);
  const rules = new Map(
    modules.flatMap((module) =>
      module.rules.map((rule) => [rule.location, { module, rule }] as const),
    ),
  );
  return {
    annotations: listed.flatMap(({ annotations, location, path }) => {
      if (!annotations) {
        return [];
      }
      const found = rules.get(location);
      const settings = { location: () => undefined, terms: termsJson };
      return [
        {
          path: pathText(path),
          entrypoint: entrypointOf(path),
          location,
          json: writeJson(annotationsJson(annotations, settings)),
          pathJson: writeJson(termsJson(path)),
          name: nameText(path),
          package: nameText(found?.module.package.path.value ?? path),
          rule: found && printRef(found.rule.head.ref),
        },
      ];
    }),
    entrypoints: listed.flatMap(({ annotations, path }) =>
      annotations?.entrypoint ? [entrypointOf(path)] : [],
    ),
    ruleLabels: modules.flatMap((module) => labelsOf(module, set)),
  };
}

function labelsOf(
  module: Module,
  set: ReturnType<typeof buildAnnotationSet>,
): RuleLabels[] {
  const { value } = module.package.path;
  return module.rules.flatMap(elseChain).flatMap((rule) => {
    const labels = mergedLabels(annotationChain(set, rule, value));
    const path = pathText(rulePath(rule, value));
    return labels.size === 0
      ? []
      : [
          {
            path,
            location: rule.location,
            labels: writeJson(mapJson(labels)),
          },
        ];
  });
}

/** A path without its `data`, the first name as a variable. */
function nameText([, first, ...rest]: readonly Term[]): string {
  if (!first) {
    return "";
  }
  const head: Term =
    first.kind === "string" ? { ...first, kind: "var" } : first;
  return pathText([head, ...rest]);
}

function pathText(value: readonly Term[]): string {
  const [first] = value;
  return first
    ? printRef({ kind: "ref", value, location: first.location })
    : "";
}

function entrypointOf(path: readonly Term[]): string {
  return path
    .slice(1)
    .map((term) => ("value" in term ? String(term.value) : ""))
    .join("/");
}
