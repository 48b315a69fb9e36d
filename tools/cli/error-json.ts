import type { PolicyError } from "../../src/engine/index.ts";
import { indentedJson, Members, type Shown } from "./indented-json.ts";

/** Errors as OPA's JSON has them; `texts` are the files by name. */
export function errorsJson(
  errors: readonly PolicyError[],
  texts: Readonly<Record<string, string>>,
): string {
  return indentedJson(new Members([errorMembers(errors, texts)]));
}

/** The member of OPA's JSON that has the errors. */
export function errorMembers(
  errors: readonly PolicyError[],
  texts: Readonly<Record<string, string>>,
): readonly [string, Shown] {
  return ["errors", errors.map((error) => shownError(error, texts))];
}

function shownError(
  { rawMessage, code, location }: PolicyError,
  texts: Readonly<Record<string, string>>,
): Members {
  if (!location) {
    return new Members([
      ["message", rawMessage],
      ...(code.startsWith("rego_") ? ([["code", code]] as const) : []),
    ]);
  }
  const { file, row, col } = location;
  const text = texts[file];
  // A token that does not fit has a place without a text of its own.
  const isToken = location.text === undefined;
  const details =
    code === "rego_parse_error" && isToken && text !== undefined
      ? [["details", new Members(faultyLine(text, row, col))] as const]
      : [];
  return new Members([
    ["message", rawMessage],
    ["code", code],
    [
      "location",
      new Members([
        ["file", file],
        ["row", row],
        ["col", col],
      ]),
    ],
    ...details,
  ]);
}

/** The line that a fault is shown in: of one behind the text, the text's last. */
function faultyLine(
  text: string,
  row: number,
  col: number,
): readonly (readonly [string, Shown])[] {
  const lines = text.split("\n");
  const at = lines.slice(0, row - 1).join("\n").length + (row > 1 ? 1 : 0);
  const place = Math.min(at + Math.max(col - 1, 0), text.length - 1);
  const end = text.slice(0, place + 1).trimEnd().length - 1;
  const start = text.lastIndexOf("\n", end) + 1;
  const [line = ""] = text.slice(start).split(/\r?\n/, 1);
  return [
    ["line", line],
    ["idx", Math.max(end - start, 0)],
  ];
}
