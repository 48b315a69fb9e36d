import { needsQuotes } from "./resolve.ts";
import { isBreak, isUnprintable } from "./yaml-chars.ts";

/** How a scalar is written. */
export type ScalarStyle =
  | "plain"
  | "single-quoted"
  | "double-quoted"
  | "literal";

/** The style that Go's emitter takes for a text. */
export function styleOf(text: string): ScalarStyle {
  const found = analyse(text);
  if (text.includes("\n")) {
    const isBlock =
      !found.spaceBreak && !found.unprintable && !text.endsWith(" ");
    return isBlock ? "literal" : "double-quoted";
  }
  if (needsQuotes(text)) {
    return "double-quoted";
  }
  if (isPlain(text, found)) {
    return "plain";
  }
  return found.unprintable || found.spaceBreak || found.breakSpace
    ? "double-quoted"
    : "single-quoted";
}

/** Whether a text spans lines, so that a key of it needs a `?`. */
export function spansLines(text: string): boolean {
  return [...text].some(isBreak);
}

type Findings = {
  readonly hasBreak: boolean;
  readonly spaceBreak: boolean;
  readonly breakSpace: boolean;
  readonly unprintable: boolean;
};

function analyse(text: string): Findings {
  const found = {
    hasBreak: false,
    spaceBreak: false,
    breakSpace: false,
    unprintable: false,
  };
  let before = "";
  for (const char of text) {
    found.unprintable ||= isUnprintable(char);
    if (isBreak(char)) {
      found.hasBreak = true;
      found.spaceBreak ||= before === " ";
    } else if (char === " ") {
      found.breakSpace ||= isBreak(before);
    }
    before = char;
  }
  return found;
}

const indicators = /^[#,[\]{}&*!|>'"%@`]|^(?:---|\.\.\.)/;
/** A mark that ends a plain text or begins something else in a block. */
const marks = /^[?-](?:$|[ \t])|:(?:$|[ \t])|[ \t\0\r\x85\u2028\u2029]#/;

function isPlain(text: string, found: Findings): boolean {
  return (
    !found.hasBreak &&
    !found.unprintable &&
    !text.startsWith(" ") &&
    !text.endsWith(" ") &&
    !indicators.test(text) &&
    !marks.test(text)
  );
}
