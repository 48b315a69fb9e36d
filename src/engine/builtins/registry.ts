import type { BuiltinNames } from "../analysis/builtin-names.ts";
import {
  type FunctionDeclaration,
  functionType,
} from "../types/type-declaration.ts";
import { type CapabilityBuiltin, capabilities } from "./capabilities.ts";
import type { BuiltinDeclaration } from "./host-builtin.ts";

/** Every builtin of OPA by name, as analysis and planner need it. */
const builtinNames: BuiltinNames = new Map(
  capabilities.builtins.map((builtin) => [builtin.name, toShape(builtin)]),
);

/** The same with builtins that their host declares. */
export function withDeclared(
  builtins: readonly BuiltinDeclaration[],
  restriction?: BuiltinCapabilities,
): BuiltinNames {
  const known = withOwn(builtins);
  if (restriction === undefined) {
    return known;
  }
  const allowed = new Set(restriction.builtins);
  const own = new Set(builtins.map(({ name }) => name));
  return new Map(
    [...known].filter(
      ([name]) =>
        allowed.has(name) || own.has(name) || name.startsWith("internal."),
    ),
  );
}

/** The builtins that policies may call, as a capabilities file names them. */
export type BuiltinCapabilities = { readonly builtins: readonly string[] };

function withOwn(builtins: readonly BuiltinDeclaration[]): BuiltinNames {
  const declared = builtins.flatMap(({ name, decl }) =>
    decl ? [[name, toShape({ decl })] as const] : [],
  );
  return declared.length === 0
    ? builtinNames
    : new Map([...builtinNames, ...declared]);
}

type Declared = Pick<CapabilityBuiltin, "relation" | "deprecated"> & {
  readonly decl: FunctionDeclaration;
};

function toShape({ decl, relation, deprecated }: Declared) {
  return {
    arity: decl.args?.length ?? 0,
    relation: relation === true,
    hasResult: decl.result !== undefined,
    isVariadic: decl.variadic !== undefined,
    isDeprecated: deprecated === true,
    type: functionType(decl),
  };
}

/** The declarations in OPA's JSON form, by name. */
export const builtinDeclarations: ReadonlyMap<string, FunctionDeclaration> =
  new Map(capabilities.builtins.map(({ name, decl }) => [name, decl]));
