import type { Location } from "../source.ts";
import type { Import, RefTerm, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/compare-terms.ts";
import { refText } from "./format-ref.ts";
import { commentText, type Writer } from "./writer.ts";

/** Writes imports: those on neighbouring rows as one sorted group. */
export function formatImports(
  writer: Writer,
  imports: readonly Import[],
): void {
  // The first of a row has the comment beside it.
  const rows = new Map(
    imports.toReversed().map((one) => [one.location.row, one]),
  );
  const beside = new Map(
    writer
      .take(({ location }) => rows.has(location.row))
      .map((comment) => [comment.location.row, comment]),
  );
  for (const group of groupsOf(imports)) {
    writer.comments(group[0]?.location.row ?? 0);
    for (const one of group.toSorted(compareImports)) {
      writer.startLine();
      writer.write(`import ${importText(writer, one)}`);
      const comment = beside.get(one.location.row);
      if (comment && rows.get(one.location.row) === one) {
        writer.write(` ${commentText(comment)}`);
      }
      writer.endLine();
    }
    writer.blankLine();
  }
}

function groupsOf(imports: readonly Import[]): readonly (readonly Import[])[] {
  const groups: Import[][] = [];
  let last: Import | undefined;
  for (const one of imports) {
    if (!last || one.location.row - last.location.row > 1) {
      groups.push([]);
    }
    groups.at(-1)?.push(one);
    last = one;
  }
  return groups;
}

function compareImports(a: Import, b: Import): number {
  return (
    compareTerms(a.path, b.path) || compareAlias(a.alias ?? "", b.alias ?? "")
  );
}

function compareAlias(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function importText(writer: Writer, { alias, path }: Import): string {
  const { style } = writer;
  const text = refText(
    writer,
    path,
    futureKeyword(path) === undefined
      ? style
      : { ...style, keywords: new Set(), keywordsInRefs: true },
  );
  return alias === undefined ? text : `${text} as ${alias}`;
}

function names({ value }: RefTerm): readonly string[] {
  return value.map((part: Term) =>
    part.kind === "var" || part.kind === "string" ? part.value : "",
  );
}

/** The keyword of `future.keywords.not`. */
export function futureKeyword(path: RefTerm): string | undefined {
  const [root, keywords, keyword, ...more] = names(path);
  return root === "future" && keywords === "keywords" && more.length === 0
    ? keyword
    : undefined;
}

/** `future.keywords` as a whole. */
export function isAllKeywords(path: RefTerm): boolean {
  return names(path).join(".") === "future.keywords";
}

/** `rego.v1`. */
export function isRegoV1(path: RefTerm): boolean {
  return names(path).join(".") === "rego.v1";
}

/** Anything below `future`. */
export function isFuture(path: RefTerm): boolean {
  return names(path)[0] === "future";
}

/** Whether a keyword is imported; `every` brings `in` with it. */
export function hasKeyword(
  imports: readonly Import[],
  keyword: string,
): boolean {
  return imports.some(({ path }) => {
    const imported = futureKeyword(path);
    return (
      isAllKeywords(path) ||
      imported === keyword ||
      (imported === "every" && keyword === "in")
    );
  });
}

/** The imports with one more, placed behind those of its kind. */
export function withImport(
  imports: readonly Import[],
  path: readonly string[],
): readonly Import[] {
  const rows = imports
    .filter((one) => isFuture(one.path) || isRegoV1(one.path))
    .map((one) => one.location.row);
  const last = Math.max(0, ...rows);
  const location: Location = { file: "", row: last + 1, col: 1 };
  const value = path.map(
    (name, index): Term => ({
      kind: index === 0 ? "var" : "string",
      value: name,
      location,
    }),
  );
  const added: Import = {
    path: { kind: "ref", value, location },
    alias: undefined,
    location,
  };
  return [...imports, added];
}

/** Whether an import was added by `withImport`. */
export function isAdded({ location }: Import): boolean {
  return location.offset === undefined;
}
