import { PolicyError } from "../error.ts";
import type {
  Annotations,
  AnnotationTarget,
  Import,
  Package,
  RefTerm,
  Rule,
  Term,
} from "./ast.ts";
import { printRef } from "./print.ts";

/** A statement as annotations see it. */
export type Annotated =
  | { readonly kind: "package"; readonly value: Package }
  | { readonly kind: "import"; readonly value: Import }
  | { readonly kind: "rule"; readonly value: Rule };

/** Gives each block the first statement below it, and its scope by that. */
export function targetAnnotations(
  blocks: readonly Annotations[],
  statements: readonly Annotated[],
  path: RefTerm,
): Annotations[] {
  return blocks.map((block) => {
    const statement = statements.find(
      ({ value }) => value.location.row > block.location.row,
    );
    const target = statement && toTarget(statement, path);
    return { ...block, target, scope: block.scope || scopeOf(block, target) };
  });
}

function toTarget(
  { kind, value }: Annotated,
  { value: path }: RefTerm,
): AnnotationTarget {
  const { location } = value;
  switch (kind) {
    case "package":
      return { kind, path, location };
    case "import":
      return { kind, path: [], location };
    case "rule":
      return { kind, path: rulePath(value as Rule, path), location };
  }
}

/** The path of a rule's document, up to the first variable in it. */
export function rulePath(
  { head: { ref } }: Rule,
  path: readonly Term[],
): readonly Term[] {
  const [name, ...keys] = ref.value;
  const first: Term[] =
    name?.kind === "var"
      ? [{ kind: "string", value: name.value, location: name.location }]
      : [];
  const end = keys.findIndex((key) => !isConstant(key));
  return [...path, ...first, ...(end < 0 ? keys : keys.slice(0, end))];
}

/** True for a term without variables and refs. */
export function isConstant(term: Term): boolean {
  switch (term.kind) {
    case "var":
    case "ref":
    case "templatestring":
      return false;
    case "array":
    case "set":
      return term.value.every(isConstant);
    case "object":
      return term.value.flat().every(isConstant);
    case "call":
      return term.operands.every(isConstant);
    default:
      return true;
  }
}

function scopeOf(
  { entrypoint }: Annotations,
  target: AnnotationTarget | undefined,
): string {
  if (target?.kind === "rule") {
    return entrypoint ? "document" : "rule";
  }
  return target?.kind ?? "";
}

/** What is wrong with the scopes of blocks. */
export function annotationFaults(
  blocks: readonly Annotations[],
): PolicyError[] {
  return blocks.flatMap(({ entrypoint, location, scope, target }) => {
    const messages = [scopeFault(scope, target)];
    if (entrypoint && scope !== "document" && scope !== "package") {
      messages.push(
        `annotation entrypoint applied to non-document or package scope '${scope}'`,
      );
    }
    return messages.flatMap((message) =>
      message === undefined
        ? []
        : [new PolicyError("rego_parse_error", message, { location })],
    );
  });
}

function scopeFault(
  scope: string,
  target: AnnotationTarget | undefined,
): string | undefined {
  const wanted = wantedTarget(scope);
  if (wanted === undefined) {
    return `invalid annotation scope '${scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'`;
  }
  const have = target ? ` (have ${target.kind})` : "";
  return target?.kind === wanted
    ? undefined
    : `annotation scope '${scope}' must be applied to ${wanted}${have}`;
}

function wantedTarget(scope: string): "rule" | "package" | undefined {
  switch (scope) {
    case "rule":
    case "document":
      return "rule";
    case "package":
    case "subpackages":
      return "package";
    default:
      return undefined;
  }
}

/** Rules with the blocks that speak of them or of their document. */
export function annotateRules(
  rules: readonly Rule[],
  blocks: readonly Annotations[],
  path: RefTerm,
): Rule[] {
  const left = blocks.map((block) => ({ block, path: pathText(block) }));
  return rules.map((rule) => {
    const own = printPath(rulePath(rule, path.value));
    const found = left.filter(
      ({ block, path: of }) =>
        of === own &&
        (block.scope === "document" ||
          (block.scope === "rule" && rule.location.row > block.location.row)),
    );
    const last = found.findLast(({ block }) => block.scope === "rule");
    // A rule's own block is no other rule's.
    if (last) {
      left.splice(left.indexOf(last), 1);
    }
    return found.length === 0
      ? rule
      : { ...rule, annotations: found.map(({ block }) => block) };
  });
}

function pathText({ target }: Annotations): string {
  return target ? printPath(target.path) : "";
}

function printPath(value: readonly Term[]): string {
  const [first] = value;
  return first
    ? printRef({ kind: "ref", value, location: first.location })
    : "";
}
