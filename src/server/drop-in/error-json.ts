import { faultyLine, type PolicyError, writeJson } from "../../engine/index.ts";
import { objectJson } from "./json-text.ts";

/** An error as OPA's JSON has it; `texts` are the sources by file. */
export function errorJson(
  { code, details, location, rawMessage }: PolicyError,
  texts: Readonly<Record<string, string>> = {},
): string {
  const text = location && texts[location.file];
  const line =
    code === "rego_parse_error" && location && text !== undefined
      ? JSON.stringify(faultyLine(text, location))
      : undefined;
  return objectJson([
    ["code", JSON.stringify(code)],
    ["message", JSON.stringify(rawMessage)],
    [
      "location",
      location &&
        JSON.stringify({
          file: location.file,
          row: location.row,
          col: location.col,
        }),
    ],
    ["details", details?.json ? writeJson(details.json) : line],
  ]);
}
