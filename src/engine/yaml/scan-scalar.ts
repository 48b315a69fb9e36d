import type { Cursor } from "./cursor.ts";
import { type Mark, scanFault } from "./token.ts";

/** The breaks and blanks between two words of a scalar. */
class Gap {
  private blanks = "";
  private first = "";
  private rest = "";
  isBroken = false;

  /** Reads blanks and breaks; `onTab` is told of tabs behind a break. */
  read(cursor: Cursor, onTab?: () => void): void {
    while (cursor.isBlank() || cursor.isBreak()) {
      if (cursor.isBreak()) {
        this.addBreak(cursor.readBreak());
      } else if (this.isBroken) {
        if (cursor.peek() === "\t") {
          onTab?.();
        }
        cursor.skip();
      } else {
        this.blanks += cursor.read();
      }
    }
  }

  private addBreak(text: string): void {
    if (this.isBroken) {
      this.rest += text;
    } else {
      this.blanks = "";
      this.first = text;
      this.isBroken = true;
    }
  }

  /** What the gap means: one break is a blank, more are one less. */
  take(): string {
    const text = this.isBroken
      ? this.first === "\n"
        ? this.rest || " "
        : this.first + this.rest
      : this.blanks;
    this.blanks = "";
    this.first = "";
    this.rest = "";
    this.isBroken = false;
    return text;
  }
}

export type PlainContext = {
  /** The least column of a following line in block style. */
  readonly indent: number;
  readonly inFlow: boolean;
};

/** A scalar without quotes; `broken` when line breaks follow it. */
export function scanPlain(
  cursor: Cursor,
  { indent, inFlow }: PlainContext,
): { readonly value: string; readonly broken: boolean } {
  const start = cursor.mark();
  const gap = new Gap();
  let value = "";
  while (!cursor.isDocumentIndicator() && cursor.peek() !== "#") {
    while (!cursor.isBlankOrEnd() && !endsPlain(cursor, inFlow)) {
      value += gap.take() + cursor.read();
    }
    if (!cursor.isBlank() && !cursor.isBreak()) {
      break;
    }
    gap.read(cursor, () => {
      if (cursor.column < indent) {
        throw scanFault(
          "found a tab character that violates indentation",
          start,
          cursor.mark(),
        );
      }
    });
    if (!inFlow && cursor.column < indent) {
      break;
    }
  }
  return { value, broken: gap.isBroken };
}

function endsPlain(cursor: Cursor, inFlow: boolean): boolean {
  const character = cursor.peek();
  return (
    (character === ":" && cursor.isBlankOrEnd(1)) ||
    (inFlow && ",?[]{}".includes(character))
  );
}

/** A scalar in single or double quotes. */
export function scanQuoted(cursor: Cursor): string {
  const start = cursor.mark();
  const quote = cursor.read();
  const gap = new Gap();
  let value = "";
  for (;;) {
    if (cursor.isDocumentIndicator()) {
      throw scanFault(
        "found unexpected document indicator",
        start,
        cursor.mark(),
      );
    }
    if (cursor.isEnd()) {
      throw scanFault("found unexpected end of stream", start, cursor.mark());
    }
    value += quotedWord(cursor, quote, start, gap);
    if (cursor.peek() === quote) {
      cursor.skip();
      return value;
    }
    gap.read(cursor);
    value += gap.take();
  }
}

function quotedWord(
  cursor: Cursor,
  quote: string,
  start: Mark,
  gap: Gap,
): string {
  let word = "";
  while (!cursor.isBlankOrEnd()) {
    if (quote === "'" && cursor.peek() === "'" && cursor.peek(1) === "'") {
      word += "'";
      cursor.skip(2);
    } else if (cursor.peek() === quote) {
      return word;
    } else if (quote === '"' && cursor.peek() === "\\") {
      if (cursor.isBreak(1)) {
        cursor.skip();
        cursor.readBreak();
        gap.isBroken = true;
        return word;
      }
      word += escaped(cursor, start);
    } else {
      word += cursor.read();
    }
  }
  return word;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);

const codeLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

function escaped(cursor: Cursor, start: Mark): string {
  const fail = (problem: string) => scanFault(problem, start, cursor.mark());
  const simple = escapes.get(cursor.peek(1));
  const length = codeLengths.get(cursor.peek(1));
  if (simple === undefined && length === undefined) {
    throw fail("found unknown escape character");
  }
  cursor.skip(2);
  if (length === undefined) {
    return simple ?? "";
  }
  const digits = cursor.text.slice(cursor.index, cursor.index + length);
  if (digits.length < length || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw fail("did not find expected hexdecimal number");
  }
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw fail("found invalid Unicode character escape code");
  }
  cursor.skip(length);
  return String.fromCodePoint(code);
}

/** A scalar behind `|` or `>`; `parentIndent` is -1 at the top. */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const start = cursor.mark();
  const isLiteral = cursor.read() === "|";
  const { chomping, increment } = blockHeader(cursor, start);
  const fixed = increment && Math.max(parentIndent, 0) + increment;
  let { indent, breaks } = blockBreaks(cursor, fixed, parentIndent, start);
  let value = "";
  let lineBreak = "";
  let wasBlank = false;
  while (cursor.column === indent && !cursor.isEnd()) {
    const isBlank = cursor.isBlank();
    const folds = !isLiteral && lineBreak === "\n" && !wasBlank && !isBlank;
    value += folds ? (breaks === "" ? " " : "") : lineBreak;
    value += breaks;
    wasBlank = isBlank;
    const from = cursor.index;
    while (!cursor.isBreakOrEnd()) {
      cursor.skip();
    }
    value += cursor.text.slice(from, cursor.index);
    lineBreak = cursor.isEnd() ? "" : cursor.readBreak();
    ({ indent, breaks } = blockBreaks(cursor, indent, parentIndent, start));
  }
  return (
    value +
    (chomping === "-" ? "" : lineBreak) +
    (chomping === "+" ? breaks : "")
  );
}

function blockHeader(
  cursor: Cursor,
  start: Mark,
): { readonly chomping: string; readonly increment: number } {
  const fail = (problem: string) => scanFault(problem, start, cursor.mark());
  let chomping = "";
  let increment = 0;
  const readChomping = (): void => {
    if (chomping === "" && (cursor.peek() === "+" || cursor.peek() === "-")) {
      chomping = cursor.read();
    }
  };
  readChomping();
  if (/[0-9]/.test(cursor.peek())) {
    if (cursor.peek() === "0") {
      throw fail("found an indentation indicator equal to 0");
    }
    increment = Number(cursor.read());
    readChomping();
  }
  if (!cursor.skipRestOfLine()) {
    throw fail("did not find expected comment or line break");
  }
  return { chomping, increment };
}

/** Empty lines, and the indentation if it is not known yet. */
function blockBreaks(
  cursor: Cursor,
  known: number,
  parentIndent: number,
  start: Mark,
): { readonly indent: number; readonly breaks: string } {
  let breaks = "";
  let deepest = 0;
  for (;;) {
    while ((known === 0 || cursor.column < known) && cursor.peek() === " ") {
      cursor.skip();
    }
    deepest = Math.max(deepest, cursor.column);
    if ((known === 0 || cursor.column < known) && cursor.peek() === "\t") {
      throw scanFault(
        "found a tab character where an indentation space is expected",
        start,
        cursor.mark(),
      );
    }
    if (!cursor.isBreak()) {
      return {
        indent: known || Math.max(deepest, parentIndent + 1, 1),
        breaks,
      };
    }
    breaks += cursor.readBreak();
  }
}
