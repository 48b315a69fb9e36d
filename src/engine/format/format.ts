import { checkDeprecated } from "../analysis/check-deprecated.ts";
import {
  checkImports,
  checkKeywordOverrides,
} from "../analysis/check-names.ts";
import { withDeclared } from "../builtins/registry.ts";
import { PolicyError } from "../error.ts";
import { parseOne } from "../parse-module.ts";
import type { Import, Module, Rule } from "../syntax/ast.ts";
import { isFutureKeyword, isKeywordIn, keywordsOf } from "../syntax/token.ts";
import { formatExpr } from "./format-expr.ts";
import {
  futureKeyword,
  hasKeyword,
  isAllKeywords,
  isFuture,
  isRegoV1,
  withImport,
} from "./format-imports.ts";
import { formatModule } from "./format-module.ts";
import { formatBare } from "./format-term.ts";
import { comparePlaces } from "./rows.ts";
import {
  generatedPrefix,
  sharedWildcards,
  usedKeywords,
} from "./scan-module.ts";
import { type Style, Writer } from "./writer.ts";

/**
 * The Rego that is written: `v1` and `v0` as it was read, `v0-v1` what both
 * versions read alike.
 */
export type FormatTarget = "v0" | "v1" | "v0-v1";

export type FormatOptions = {
  /** The name that errors bear. */
  readonly file?: string;
  /** `v1` by default. */
  readonly target?: FormatTarget;
  /** The version the text is in: that of the target, 0 for `v0-v1`. */
  readonly regoVersion?: 0 | 1;
  /** Leaves out `rego.v1` and `future.keywords` where v1 needs neither. */
  readonly dropV0Imports?: boolean;
  /** Whether keywords may follow a dot, as in `p.not`; they may by default. */
  readonly keywordsInRefs?: boolean;
  /** Reads the result again, and reports what is wrong with it. */
  readonly checkResult?: boolean;
  /** Columns: lists on longer lines are written an item a line. */
  readonly width?: number | undefined;
};

export type FormatResult =
  | { readonly text: string }
  | {
      readonly errors: readonly PolicyError[];
      /** They are those of the result, not of what was read. */
      readonly ofResult?: true;
    };

/** A module's text in the layout of `opa fmt`; or what is wrong with it. */
export function format(
  text: string,
  options: FormatOptions = {},
): FormatResult {
  const { file = "", target = "v1" } = options;
  const regoVersion = options.regoVersion ?? (target === "v1" ? 1 : 0);
  const parsed = parseOne(text, { file, regoVersion, asWritten: true });
  if ("errors" in parsed) {
    return parsed;
  }
  const { module } = parsed;
  if (module === undefined) {
    return { errors: [new PolicyError("rego_parse_error", "empty module")] };
  }
  const errors = target === "v0" ? [] : checkV1(module);
  if (errors.length > 0) {
    return { errors };
  }
  const result = formatParsed(module, text, options);
  // What it was before has been read already.
  if (options.checkResult && "text" in result && result.text !== text) {
    const again = parseOne(result.text, {
      file: "formatted",
      regoVersion: target === "v1" ? 1 : 0,
    });
    return "errors" in again ? { ...again, ofResult: true } : result;
  }
  return result;
}

/** The text of a result; throws the first of its errors. */
export function formattedText(result: FormatResult): string {
  if ("errors" in result) {
    throw result.errors[0] ?? new PolicyError("internal_error", "no text");
  }
  return result.text;
}

/** What v1 refuses and formatting does not mend. */
function checkV1(module: Module): readonly PolicyError[] {
  const errors: PolicyError[] = [];
  const report = (error: PolicyError) => {
    errors.push(error);
  };
  checkImports([module], report, true);
  checkKeywordOverrides([module], report, true);
  checkDeprecated({
    modules: [module],
    strict: true,
    builtins: withDeclared([]),
    report,
  });
  for (const { head, location } of module.rules) {
    const [name, ...more] = head.ref.value;
    if (
      name?.kind === "var" &&
      more.length === 0 &&
      isKeywordIn(name.value, 1)
    ) {
      const message = `${name.value} keyword cannot be used for rule name`;
      report(new PolicyError("rego_parse_error", message, { location }));
    }
  }
  return errors;
}

/** A parsed module's text, where it is written as it was read or with less in it. */
export function formatParsed(
  module: Module,
  text: string,
  {
    dropV0Imports = false,
    keywordsInRefs = true,
    target = "v1",
    width,
  }: FormatOptions,
): FormatResult {
  const { comments, imports } = module;
  const imported = imports.flatMap(({ path }) => futureKeyword(path) ?? []);
  const isV1 = target !== "v0";
  const importsAll = imports.some(
    ({ path }) => isAllKeywords(path) || isRegoV1(path),
  );
  const style: Style = {
    isV1,
    contains: isV1 || importsAll || imported.includes("contains"),
    ifs: isV1 || importsAll || imported.includes("if"),
    refHeads: module.rules.some(needsRef),
    keywords: new Set([...keywordsOf(isV1 ? 1 : 0), ...imported]),
    keywordsInRefs,
    namedWildcards: sharedWildcards(module),
    width,
    mayHaveGenerated: text.includes(generatedPrefix),
  };
  const writer = new Writer(style, {
    forms: { term: formatBare, expr: formatExpr },
    comments: comments.toSorted((a, b) =>
      comparePlaces(a.location, b.location),
    ),
  });
  const used = usedKeywords(module, text);
  formatModule(writer, {
    ...module,
    imports: importsFor(imports, used, { target, dropV0Imports }),
  });
  return writer.errors.length > 0
    ? { errors: writer.errors }
    : { text: `${writer.text().replace(/\n+$/, "")}\n` };
}

/** A head of several parts, or a set below one, takes the whole ref to write. */
function needsRef({ else: branch, head }: Rule): boolean {
  const parts = head.ref.value.length;
  return (
    parts > 2 ||
    (parts === 2 && head.key !== undefined && head.value === undefined) ||
    (branch !== undefined && needsRef(branch))
  );
}

type Target = Required<Pick<FormatOptions, "target" | "dropV0Imports">>;

/** The imports that the text needs in the version it is written for. */
function importsFor(
  written: readonly Import[],
  used: ReadonlySet<string>,
  { dropV0Imports, target }: Target,
): readonly Import[] {
  let imports = written;
  if (target === "v1" && dropV0Imports) {
    imports = imports.filter(({ path }) => !isRegoV1(path));
  } else if (
    target === "v0-v1" &&
    !imports.some(({ path }) => isRegoV1(path))
  ) {
    imports = withImport(imports, ["rego", "v1"]);
  }
  const hasV1 = imports.some(({ path }) => isRegoV1(path));
  const isV1 = target !== "v0" || hasV1;
  if (isV1 && (dropV0Imports || hasV1)) {
    imports = imports.filter(({ path }) => !isFuture(path));
  }
  for (const keyword of used) {
    const isNeeded = !isV1 || isFutureKeyword(keyword);
    if (isNeeded && !hasKeyword(imports, keyword)) {
      imports = withImport(imports, ["future", "keywords", keyword]);
    }
  }
  return imports;
}
