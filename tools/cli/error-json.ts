import {
  faultyLine,
  type Json,
  type PolicyError,
  parseJson,
} from "../../src/engine/index.ts";
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
  { rawMessage, code, details, location }: PolicyError,
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
  const shown = details?.json
    ? shownJson(details.json)
    : code === "rego_parse_error" && isToken && text !== undefined
      ? new Members(Object.entries(faultyLine(text, location)))
      : undefined;
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
    ...(shown === undefined ? [] : [["details", shown] as const]),
  ]);
}

function shownJson(value: Json): Shown {
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (value instanceof Map) {
    return new Members(
      [...(value as ReadonlyMap<string, Json | undefined>)].flatMap(
        ([name, member]) =>
          member === undefined ? [] : [[name, shownJson(member)] as const],
      ),
    );
  }
  return Array.isArray(value)
    ? (value as readonly Json[]).map(shownJson)
    : parseJson((value as { readonly number: string }).number);
}
