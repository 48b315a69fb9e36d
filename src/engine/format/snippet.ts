import { PolicyError } from "../error.ts";
import { type FormatOptions, type FormatResult, format } from "./format.ts";

/** What a snippet may be, with what makes a module of it. */
const frames = [
  { before: "", after: "" },
  { before: "package snippet\n\n", after: "" },
  { before: "package snippet\n\nsnippet if {\n", after: "\n}\n" },
] as const;

/**
 * Formats a module, or a part of one as an editor has it selected: imports and
 * rules without their package, or the body of a rule. The errors are those of
 * the reading that gets furthest.
 */
export function formatSnippet(
  text: string,
  options: FormatOptions = {},
): FormatResult {
  let errors: readonly PolicyError[] = [];
  for (const { after, before } of frames) {
    const result = format(before + text + after, options);
    if ("text" in result) {
      return { text: unframe(result.text, before) };
    }
    const moved = result.errors.map((error) => moveUp(error, rowsOf(before)));
    if (errors.length === 0 || firstRow(moved) > firstRow(errors)) {
      errors = moved;
    }
  }
  return { errors };
}

function unframe(text: string, before: string): string {
  if (before === "") {
    return text;
  }
  const [, , ...lines] = text.split("\n");
  if (!before.includes("{")) {
    return lines.join("\n");
  }
  const [first = "", ...body] = lines;
  // One expression may have come to stand beside the head.
  return first.endsWith("{")
    ? `${body
        .slice(0, -2)
        .map((line) => line.replace(/^\t/, ""))
        .join("\n")}\n`
    : `${first.replace(/^snippet if /, "")}\n`;
}

function rowsOf(before: string): number {
  return before.split("\n").length - 1;
}

function firstRow([first]: readonly PolicyError[]): number {
  return first?.location?.row ?? 0;
}

function moveUp(error: PolicyError, rows: number): PolicyError {
  const { code, details, location, rawMessage } = error;
  return new PolicyError(code, rawMessage, {
    details,
    location: location && {
      ...location,
      row: Math.max(1, location.row - rows),
    },
  });
}
