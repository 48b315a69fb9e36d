import { PolicyError } from "../error.ts";
import type { RefTerm, Rule, SchemaAnnotation, Term } from "../syntax/ast.ts";
import { rulePath } from "../syntax/attach-annotations.ts";
import { printRef } from "../syntax/print.ts";
import { constantKey } from "../types/constant-key.ts";
import { SchemaFault, type SchemaOptions } from "../types/json-schema.ts";
import { overrideType } from "../types/override-type.ts";
import { schemaType } from "../types/schema-type.ts";
import type { MaybeType, Type } from "../types/type.ts";
import type { TypeEnv } from "../types/type-env.ts";
import { putType } from "../types/type-tree.ts";
import type { YamlMap, YamlValue } from "../yaml/decode.ts";
import {
  type AnnotationSet,
  pathKey,
  subpackageAnnotations,
} from "./annotation-set.ts";
import type { Report } from "./state.ts";

/** What is known of documents outside the policy. */
export type Schemas = SchemaOptions & {
  /**
   * JSON Schemas by the path that annotations name: `users/list` is
   * `schema.users.list`, and "" the schema of every input.
   */
  readonly documents?: Readonly<Record<string, unknown>>;
  /** Schemas of the input by package: `guards` holds for `guards.a` too. */
  readonly inputs?: Readonly<Record<string, unknown>>;
};

/** Gives rules the types that schemas say their documents have. */
export class SchemaScopes {
  private readonly schemas: Schemas;
  private readonly annotations: AnnotationSet;
  private readonly report: Report;
  private readonly known = new Map<string, Type>();

  constructor(schemas: Schemas, annotations: AnnotationSet, report: Report) {
    this.schemas = schemas;
    this.annotations = annotations;
    this.report = report;
  }

  /** The type of every input, if a schema says it. */
  inputType(): Type | undefined {
    const document = this.schemas.documents?.[""];
    try {
      return document === undefined ? undefined : this.typeOf(document);
    } catch (error) {
      this.report(new PolicyError("rego_type_error", faultText(error)));
      return undefined;
    }
  }

  /** The scope of a rule: documents have the types that annotations name. */
  scope(env: TypeEnv, rule: Rule, packagePath: readonly Term[]): TypeEnv {
    const inner = env.wrap();
    const input = this.packageInput(packagePath);
    if (input) {
      const { location } = rule;
      putType(inner.tree, [{ kind: "var", value: "input", location }], input);
    }
    for (const annotation of this.annotationsOf(rule, packagePath)) {
      try {
        const type = this.annotatedType(annotation, rule);
        if (type) {
          assign(inner, annotation.path, type);
        }
      } catch (error) {
        const { location } = rule;
        const message = faultText(error);
        this.report(new PolicyError("rego_type_error", message, { location }));
      }
    }
    return inner;
  }

  private packageInput(path: readonly Term[]): Type | undefined {
    const name = path
      .slice(1)
      .map((term) => (term.kind === "string" ? term.value : ""))
      .join(".");
    for (const [prefix, document] of Object.entries(
      this.schemas.inputs ?? {},
    )) {
      if (name === prefix || name.startsWith(`${prefix}.`)) {
        return this.cached(`input:${prefix}`, document);
      }
    }
    return undefined;
  }

  private annotationsOf(
    rule: Rule,
    packagePath: readonly Term[],
  ): readonly SchemaAnnotation[] {
    const { byPackage, byPath, byRule } = this.annotations;
    return [
      ...subpackageAnnotations(this.annotations, packagePath),
      byPackage.get(pathKey(packagePath)),
      byPath.get(pathKey(rulePath(rule, packagePath))),
      ...(byRule.get(rule.location) ?? []),
    ].flatMap((one) => one?.schemas ?? []);
  }

  private annotatedType(
    { definition, schema }: SchemaAnnotation,
    rule: Rule,
  ): Type | undefined {
    if (!schema) {
      return definition && this.typeOf(toPlain(definition));
    }
    const { documents } = this.schemas;
    if (!documents) {
      return undefined;
    }
    const path = schema.value
      .slice(1)
      .map((term) => ("value" in term ? String(term.value) : ""))
      .join("/");
    const document = documents[path];
    if (document === undefined) {
      const message = `undefined schema: ${printRef(schema)}`;
      const { location } = rule;
      this.report(new PolicyError("rego_type_error", message, { location }));
      return undefined;
    }
    return this.cached(`schema:${path}`, document);
  }

  private cached(name: string, document: unknown): Type {
    const type = this.known.get(name) ?? this.typeOf(document);
    this.known.set(name, type);
    return type;
  }

  private typeOf(document: unknown): Type {
    return schemaType(document, { remote: this.schemas.remote });
  }
}

function faultText(error: unknown): string {
  if (error instanceof SchemaFault) {
    return error.message;
  }
  throw error;
}

function assign(env: TypeEnv, { value: path }: RefTerm, type: Type): void {
  const [length, known] = knownPrefix(env, path);
  const keys = path.slice(length).map(constantKey);
  if (!known || length === path.length) {
    putType(env.tree, path, type);
    return;
  }
  const constants = keys.flatMap((key) => (key ? [key] : []));
  putType(
    env.tree,
    path.slice(0, length),
    overrideType(known, constants, type),
  );
}

/** The shortest part of a path that has a type. */
function knownPrefix(
  env: TypeEnv,
  path: readonly Term[],
): readonly [number, MaybeType] {
  for (let length = 1; length <= Math.max(1, path.length - 1); length += 1) {
    const type = env.typeOfRef(path.slice(0, length));
    if (type) {
      return [length, type];
    }
  }
  return [0, undefined];
}

/** A schema written in an annotation as plain JSON. */
function toPlain(value: YamlValue): unknown {
  if (value instanceof Map) {
    const entries = [...(value as YamlMap)].map(
      ([key, item]) => [String(key), toPlain(item)] as const,
    );
    return Object.fromEntries(entries);
  }
  if (Array.isArray(value)) {
    return (value as readonly YamlValue[]).map(toPlain);
  }
  return typeof value === "bigint" ? Number(value) : value;
}
