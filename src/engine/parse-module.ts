import { builtinDeclarations } from "./builtins/registry.ts";
import type { PolicyError } from "./error.ts";
import { type AstJsonOptions, moduleJson } from "./syntax/ast-json.ts";
import { parseModules } from "./syntax/parser.ts";

export type ParseModuleOptions = AstJsonOptions & {
  /** The name that locations bear. */
  readonly file?: string;
  readonly regoVersion?: 0 | 1;
  /** Metadata blocks are read unless this is false. */
  readonly annotations?: boolean;
};

/** One Rego file as OPA's JSON of its syntax tree; or what is wrong with it. */
export function parseModule(
  text: string,
  options: ParseModuleOptions = {},
): { readonly ast: string } | { readonly errors: readonly PolicyError[] } {
  const { annotations = true, file = "", regoVersion = 1 } = options;
  const parsed = parseModules(
    { [file]: text },
    {
      annotations,
      regoVersion,
      isBuiltin: (name) => builtinDeclarations.has(name),
    },
  );
  if ("errors" in parsed) {
    return parsed;
  }
  return {
    ast: parsed.modules.map((one) => moduleJson(one, options)).join(""),
  };
}
