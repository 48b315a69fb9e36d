import type { BuiltinNames } from "../analysis/builtin-names.ts";
import {
  type FunctionDeclaration,
  functionType,
} from "../types/type-declaration.ts";
import { type CapabilityBuiltin, capabilities } from "./capabilities.ts";

/** Every builtin of OPA by name, as analysis and planner need it. */
export const builtinNames: BuiltinNames = new Map(
  capabilities.builtins.map((builtin) => [
    builtin.name,
    {
      arity: builtin.decl.args?.length ?? 0,
      relation: builtin.relation === true,
      hasResult: hasResult(builtin),
      isVariadic: builtin.decl.variadic !== undefined,
      isDeprecated: builtin.deprecated === true,
      type: functionType(builtin.decl),
    },
  ]),
);

function hasResult({ decl }: CapabilityBuiltin): boolean {
  return decl.result !== undefined;
}

/** The declarations in OPA's JSON form, by name. */
export const builtinDeclarations: ReadonlyMap<string, FunctionDeclaration> =
  new Map(capabilities.builtins.map(({ name, decl }) => [name, decl]));
