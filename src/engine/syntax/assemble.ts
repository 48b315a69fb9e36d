import { PolicyError } from "../error.ts";
import type {
  Annotations,
  Body,
  Comment,
  Import,
  Module,
  Package,
  Rule,
} from "./ast.ts";
import {
  type Annotated,
  annotateRules,
  annotationFaults,
  targetAnnotations,
} from "./attach-annotations.ts";
import { checkV1Rule } from "./check-v1.ts";
import { type IsBuiltin, ruleFromBody } from "./rule-from-body.ts";

/** A statement as it is parsed; what a body means shows in its place. */
export type Statement =
  | { readonly kind: "package"; readonly value: Package }
  | { readonly kind: "import"; readonly value: Import }
  | { readonly kind: "rules"; readonly value: readonly Rule[] }
  | { readonly kind: "body"; readonly value: Body };

export type ParsedModule =
  | { readonly module: Module }
  | { readonly errors: readonly PolicyError[] };

type Around = {
  readonly annotations: readonly Annotations[];
  readonly comments: readonly Comment[];
  readonly tokens: ReadonlySet<string>;
  readonly regoVersion: 0 | 1;
  readonly isBuiltin: IsBuiltin;
};

/** Makes statements a module; or says what is wrong with their order or form. */
export function assemble(
  statements: readonly Statement[],
  { annotations: blocks, comments, tokens, regoVersion, isBuiltin }: Around,
): ParsedModule {
  const errors: PolicyError[] = [];
  const annotated = toAnnotated(statements, isBuiltin, errors);
  const [first] = annotated;
  const imports = annotated.flatMap((one) =>
    one.kind === "import" ? [one.value] : [],
  );
  const rules = annotated.flatMap((one) =>
    one.kind === "rule" ? [one.value] : [],
  );
  const version = imports.some(isRegoV1) ? 1 : regoVersion;
  if (version === 1) {
    errors.push(...rules.flatMap(checkV1Rule));
  }
  if (errors.length > 0 || first?.kind !== "package") {
    return { errors };
  }
  const { path } = first.value;
  const annotations = targetAnnotations(blocks, annotated, path);
  const faults = annotationFaults(annotations);
  if (faults.length > 0) {
    return { errors: faults };
  }
  const module: Module = {
    package: first.value,
    imports,
    rules: annotateRules(rules, annotations, path),
    annotations,
    comments,
    tokens,
    regoVersion: version,
  };
  return { module };
}

/** The statements with bodies read as rules; only the first is a package. */
function toAnnotated(
  statements: readonly Statement[],
  isBuiltin: IsBuiltin,
  errors: PolicyError[],
): Annotated[] {
  const fail = (message: string, statement: Statement): void => {
    const location = placeOf(statement);
    errors.push(new PolicyError("rego_parse_error", message, { location }));
  };
  const found: Annotated[] = [];
  for (const [index, statement] of statements.entries()) {
    if (index === 0 && statement.kind !== "package") {
      fail("package expected", statement);
      continue;
    }
    switch (statement.kind) {
      case "package":
        if (index > 0) {
          fail("unexpected package", statement);
        } else {
          found.push({ kind: "package", value: statement.value });
        }
        break;
      case "import":
        found.push({ kind: "import", value: statement.value });
        break;
      case "rules":
        found.push(
          ...statement.value.map((value) => ({ kind: "rule", value }) as const),
        );
        break;
      case "body":
        try {
          const value = ruleFromBody(statement.value, isBuiltin);
          found.push({ kind: "rule", value });
        } catch (error) {
          errors.push(PolicyError.from(error));
        }
    }
  }
  return found;
}

function placeOf(statement: Statement) {
  switch (statement.kind) {
    case "package":
    case "import":
      return statement.value.location;
    case "rules":
    case "body":
      return statement.value[0]?.location;
  }
}

function isRegoV1({ path }: Import): boolean {
  const [root, version] = path.value;
  return (
    root?.kind === "var" &&
    root.value === "rego" &&
    version?.kind === "string" &&
    version.value === "v1"
  );
}
