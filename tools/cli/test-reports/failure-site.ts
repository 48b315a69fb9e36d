import {
  type Location,
  type PartValue,
  type TestFailure,
  toRego,
} from "../../../src/engine/index.ts";

type Failed = TestFailure["failed"];

/** Rego text by file name. */
export type Texts = Readonly<Record<string, string>>;

/** A part of an expression as it is printed. */
type Part = {
  readonly title: string;
  readonly text: string;
  readonly row: number;
  readonly col: number;
  /** The columns before it where tabs are. */
  readonly tabs: ReadonlySet<number>;
};

// As OPA: longer values are cut.
const maxValueLength = 64;

/**
 * Where a test failed, the expression there and below it the values of its
 * parts, each under its column: OPA's text for `--var-values`.
 */
export function siteText(failed: Failed, texts: Texts, depth = 0): string {
  const { at } = failed;
  const blank = `${" ".repeat(depth)}\n`;
  const place = `${" ".repeat(depth + 2)}${at.file}:${at.row}:\n`;
  const lines = expressionLines(failed, texts).map(
    (line) => `${" ".repeat(depth + 4)}${line}`,
  );
  return `${blank}${place}${lines.join("\n")}${blank}`;
}

function expressionLines(
  { location, parts }: Failed,
  texts: Texts,
): readonly string[] {
  const tabs = tabsBefore(location, texts);
  const indent = Array.from({ length: location.col - 1 }, (_, index) =>
    tabs.has(index + 1) ? "\t" : " ",
  );
  const written = `${indent.join("")}${location.text ?? ""}`.split("\n");
  const shown = parts.map((part) => toPart(part, texts));
  return [...written, ...valueLines(shown)];
}

function toPart({ location, value }: PartValue, texts: Texts): Part {
  const text = value === undefined ? "undefined" : toRego(value);
  return {
    title: location.text ?? "",
    text: truncate(text, maxValueLength),
    row: location.row,
    col: location.col,
    tabs: tabsBefore(location, texts),
  };
}

/** Cut as OPA cuts, by bytes, where there are more of them. */
export function truncate(text: string, length: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= length
    ? text
    : `${bytes.subarray(0, length - 3).toString()}...`;
}

function tabsBefore(
  { col, file, row }: Location,
  texts: Texts,
): ReadonlySet<number> {
  const line = texts[file]?.split("\n")[row - 1] ?? "";
  const before = [...line].slice(0, col - 1);
  return new Set(
    before.flatMap((character, index) =>
      character === "\t" ? [index + 1] : [],
    ),
  );
}

function valueLines(parts: readonly Part[]): readonly string[] {
  const hasTabs = parts.some(({ tabs }) => tabs.size > 0);
  const rows = new Set(parts.map(({ row }) => row));
  // Columns of several lines do not agree where there are tabs.
  if (hasTabs && rows.size > 1) {
    const named = parts.toSorted((a, b) => compareTexts(a.title, b.title));
    const lines = named.map(({ text, title }) => `${title}: ${text}`);
    return ["", "Where:", "", ...lines];
  }
  const placed = parts.toSorted(
    (a, b) => a.col - b.col || b.row - a.row || compareTexts(a.title, b.title),
  );
  const lines = placed.map((_, index) => arrowLine(placed, index)).reverse();
  return placed.length === 0 ? [] : [arrowLine(placed, undefined), ...lines];
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bars under the parts; the value of the one at `valueAt`, which is the last. */
function arrowLine(
  parts: readonly Part[],
  valueAt: number | undefined,
): string {
  const end = valueAt ?? parts.length - 1;
  let line = "";
  let before = 0;
  for (let index = 0; index <= end; index += 1) {
    const part = parts[index] as Part;
    const sharesColumn = part.col === parts[index + 1]?.col;
    if (index < end && sharesColumn) {
      continue;
    }
    line += gap(part, before);
    line += index === valueAt ? valueText(parts, index) : "|";
    before = part.col;
  }
  return line;
}

/** Blanks from behind a column up to a part's. */
function gap({ col, tabs }: Part, before: number): string {
  let text = "";
  for (let at = before + 1; at < col; at += 1) {
    text += tabs.has(at) ? "\t" : " ";
  }
  return text;
}

/** With its name where several values share a column. */
function valueText(parts: readonly Part[], index: number): string {
  const { col, text, title } = parts[index] as Part;
  const isShared =
    parts[index - 1]?.col === col || parts[index + 1]?.col === col;
  return isShared ? `${title}: ${text}` : text;
}
