import { builtinDeclarations } from "./builtins/registry.ts";
import type { PolicyError } from "./error.ts";
import type { Module } from "./syntax/ast.ts";
import { type AstJsonOptions, moduleJson } from "./syntax/ast-json.ts";
import { parseModules } from "./syntax/parser.ts";

type SourceOptions = {
  /** The name that locations bear. */
  readonly file?: string;
  readonly regoVersion?: 0 | 1 | undefined;
};

export type ParseModuleOptions = AstJsonOptions &
  SourceOptions & {
    /** Metadata blocks are read unless this is false. */
    readonly annotations?: boolean;
  };

/** One Rego file as OPA's JSON of its syntax tree; or what is wrong with it. */
export function parseModule(
  text: string,
  options: ParseModuleOptions = {},
): { readonly ast: string } | { readonly errors: readonly PolicyError[] } {
  const { annotations = true } = options;
  const parsed = parseOne(text, { ...options, annotations });
  return "errors" in parsed
    ? parsed
    : { ast: parsed.module ? moduleJson(parsed.module, options) : "" };
}

/** The path of a Rego file's package below `data`; undefined for a file with errors. */
export function packagePathOf(
  text: string,
  options: SourceOptions = {},
): readonly string[] | undefined {
  const parsed = parseOne(text, options);
  const path = "errors" in parsed ? undefined : parsed.module?.package.path;
  return path?.value
    .slice(1)
    .map((part) => (part.kind === "string" ? part.value : ""));
}

/** One file's module, of which a file without a statement has none. */
export function parseOne(
  text: string,
  {
    annotations = false,
    asWritten = false,
    file = "",
    regoVersion = 1,
  }: SourceOptions &
    Pick<ParseModuleOptions, "annotations"> & { readonly asWritten?: boolean },
):
  | { readonly module: Module | undefined }
  | { readonly errors: readonly PolicyError[] } {
  const parsed = parseModules(
    { [file]: text },
    {
      annotations,
      asWritten,
      regoVersion,
      isBuiltin: (name) => builtinDeclarations.has(name),
    },
  );
  return "errors" in parsed ? parsed : { module: parsed.modules[0] };
}
