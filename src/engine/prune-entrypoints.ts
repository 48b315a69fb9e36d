import { builtinDeclarations } from "./builtins/registry.ts";
import { entrypointPath } from "./entrypoint-query.ts";
import { PolicyError } from "./error.ts";
import { formatParsed, formattedText } from "./format/format.ts";
import { withImport } from "./format/format-imports.ts";
import { endRow } from "./format/rows.ts";
import type { Annotations, Module, Rule, Term } from "./syntax/ast.ts";
import { rulePath } from "./syntax/attach-annotations.ts";
import { parseModules } from "./syntax/parser.ts";

type Sources = {
  /** File name → Rego text. */
  readonly modules: Readonly<Record<string, string>>;
  /** The version of Rego of each. */
  readonly regoVersions: Readonly<Record<string, 0 | 1>>;
};

/**
 * The modules without the rules of entrypoints, as a compiled module has those:
 * their packages import them, as `opa build -t wasm` leaves them. Of comments
 * only the metadata of what stays is kept. A file that loses something is in
 * `fmt`'s layout, any other as it was. Throws the first fault of a file.
 */
export function pruneEntrypoints(
  { modules, regoVersions }: Sources,
  entrypoints: readonly string[],
): Readonly<Record<string, string>> {
  const parsed = parseModules(modules, {
    regoVersions,
    asWritten: true,
    isBuiltin: (name) => builtinDeclarations.has(name),
  });
  if ("errors" in parsed) {
    throw parsed.errors[0] ?? new PolicyError("rego_parse_error", "no module");
  }
  const paths = entrypoints.map(entrypointPath);
  const pruned = parsed.modules.map((module) => prune(module, paths));
  const texts = pruned.map(({ module, isPruned }) => {
    const { file } = module.package.location;
    const lost = pruned
      .filter((other) => packageKey(other.module) === packageKey(module))
      .flatMap((other) => other.lost);
    const imports = paths.filter((path) => lost.includes(path));
    const text = modules[file] ?? "";
    if (!isPruned && imports.length === 0) {
      return [file, text] as const;
    }
    const whole = {
      ...module,
      imports: imports.reduce(
        (all, path) => withImport(all, ["data", ...path]),
        module.imports,
      ),
    };
    const target = regoVersions[file] === 0 ? "v0" : "v1";
    const result = formatParsed(whole, text, { target });
    return [file, formattedText(result)] as const;
  });
  return Object.fromEntries(texts);
}

type Path = readonly string[];

type Pruned = {
  readonly module: Module;
  readonly isPruned: boolean;
  /** The entrypoints of which it had rules. */
  readonly lost: readonly Path[];
};

function prune(module: Module, paths: readonly Path[]): Pruned {
  const { value } = module.package.path;
  const entrypointOf = (path: readonly Term[]): Path | undefined =>
    paths.find((one) => isPath(path, one));
  const ruleEntrypoint = (rule: Rule) => entrypointOf(rulePath(rule, value));
  const lost = module.rules
    .map(ruleEntrypoint)
    .filter((path) => path !== undefined);
  const isLost = ({ target }: Annotations) =>
    target?.kind === "rule" && entrypointOf(target.path) !== undefined;
  const annotations = module.annotations.filter((one) => !isLost(one));
  const comments = module.comments.filter(({ location }) =>
    annotations.some(
      (one) =>
        location.row >= one.location.row &&
        location.row <= endRow(one.location),
    ),
  );
  const isPruned =
    lost.length > 0 || comments.length !== module.comments.length;
  return isPruned
    ? {
        module: {
          ...module,
          annotations,
          comments,
          rules: module.rules.filter((rule) => !ruleEntrypoint(rule)),
        },
        isPruned,
        lost,
      }
    : { module, isPruned: false, lost };
}

/** Whether a rule's document is the one at this path below `data`. */
function isPath([, ...names]: readonly Term[], path: Path): boolean {
  return (
    names.length === path.length &&
    names.every((term, at) => term.kind === "string" && term.value === path[at])
  );
}

function packageKey({ package: { path } }: Module): string {
  return JSON.stringify(
    path.value.map((term) => ("value" in term ? term.value : "")),
  );
}
