import type { PolicyError } from "../../src/engine/index.ts";
import { indentedJson, Members, type Shown } from "./indented-json.ts";

/** Errors as OPA's JSON has them, at times with sorted members; `texts` are the files by name. */
export function errorsJson(
  errors: readonly PolicyError[],
  texts: Readonly<Record<string, string>>,
  sorted = false,
): string {
  const order = (entries: readonly (readonly [string, Shown])[]): Members =>
    new Members(
      sorted ? entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : entries,
    );
  const shown = errors.map((error) => errorMembers(error, texts, order));
  return indentedJson(new Members([["errors", shown]]));
}

function errorMembers(
  { rawMessage, code, location }: PolicyError,
  texts: Readonly<Record<string, string>>,
  order: (entries: readonly (readonly [string, Shown])[]) => Members,
): Shown {
  if (!location) {
    return order([["message", rawMessage]]);
  }
  const { file, row, col } = location;
  const line = texts[file]?.split("\n")[row - 1];
  const details =
    code === "rego_parse_error" && line !== undefined
      ? [
          [
            "details",
            order([
              ["line", line],
              ["idx", col - 1],
            ]),
          ] as const,
        ]
      : [];
  return order([
    ["message", rawMessage],
    ["code", code],
    [
      "location",
      order([
        ["file", file],
        ["row", row],
        ["col", col],
      ]),
    ],
    ...details,
  ]);
}
