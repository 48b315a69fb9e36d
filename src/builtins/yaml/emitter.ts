import type { ScalarStyle } from "./scalar-style.ts";
import { escapeChar, isBreak, mustEscape } from "./yaml-chars.ts";

/** Columns after which a line is broken where it may be. */
const bestWidth = 80;
const bestIndent = 2;

/**
 * Writes block YAML as Go's emitter does, character by character: where a line
 * is broken depends on the column that was reached, and how the next node
 * begins on what stands before it.
 */
export class Emitter {
  #text = "";
  /** In characters, from zero. */
  #column = 0;
  /** Before the first block: below zero. */
  #indent = -1;
  /** The last character is a space that separates. */
  #isSeparated = true;
  /** Only the indentation and marks of blocks stand on the line. */
  #isLineStart = true;
  /** A text goes on after a line break of its own. */
  #isAfterBreak = false;

  /** What was written, with its last line ended. */
  end(): string {
    this.#beginLine();
    return this.#text;
  }

  /** Whether `-` of a sequence may stand as deep as the key before it. */
  get isAfterKey(): boolean {
    return !this.#isLineStart;
  }

  /** Writes a block one step deeper; the outermost and `flat` ones are no deeper. */
  nested(write: () => void, flat = false): void {
    const before = this.#indent;
    if (before < 0) {
      this.#indent = 0;
    } else if (!flat) {
      this.#indent += bestIndent;
    }
    write();
    this.#indent = before;
  }

  /** `-`, `?` or `:` at the beginning of an entry. */
  entryMark(mark: string): void {
    this.#beginLine();
    this.#mark(mark, true);
  }

  /** Begins a line for a key. */
  beginKey(): void {
    this.#beginLine();
  }

  /** The `:` after a key on one line. */
  keyMark(): void {
    this.#put(":");
    this.#isSeparated = false;
    this.#isLineStart = false;
  }

  /** `[]` and `{}`. */
  emptyFlow(marks: string): void {
    this.#mark(marks, false);
  }

  /** A scalar; `isKey` keeps it on its line. */
  scalar(text: string, style: ScalarStyle, isKey = false): void {
    const before = this.#indent;
    this.#indent = before < 0 ? bestIndent : before + bestIndent;
    const chars = [...text];
    if (style === "literal") {
      this.#literal(chars);
    } else if (style === "double-quoted") {
      this.#doubleQuoted(chars, isKey);
    } else {
      this.#flow(chars, style === "single-quoted", isKey);
    }
    this.#indent = before;
  }

  /** Plain or in single quotes. */
  #flow(chars: readonly string[], quoted: boolean, isKey: boolean): void {
    this.#mark(quoted ? "'" : "", false);
    let spaces = false;
    for (const [index, char] of chars.entries()) {
      if (char === " ") {
        const isWordEnd = !spaces && isLoneSpace(chars, index);
        this.#space(isWordEnd && !isKey && this.#column > bestWidth);
        spaces = true;
      } else if (isBreak(char)) {
        this.#break(char);
      } else {
        this.#textChar(quoted && char === "'" ? "''" : char);
        spaces = false;
      }
    }
    this.#endScalar(quoted ? "'" : "");
  }

  #doubleQuoted(chars: readonly string[], isKey: boolean): void {
    this.#mark('"', false);
    // Behind a byte-order mark Go's emitter takes every character for one.
    const all = chars[0] === "\ufeff";
    let spaces = false;
    for (const [index, char] of chars.entries()) {
      if (all || mustEscape(char)) {
        const escaped = escapeChar(char);
        this.#put(escaped);
        spaces = false;
      } else if (char === " ") {
        const isInner = index > 0 && index < chars.length - 1;
        const mayBreak =
          !isKey && !spaces && isInner && this.#column > bestWidth;
        this.#space(mayBreak);
        if (mayBreak && chars[index + 1] === " ") {
          this.#put("\\");
        }
        spaces = true;
      } else {
        this.#put(char);
        spaces = false;
      }
    }
    this.#endScalar('"');
  }

  /** A block that keeps its lines. */
  #literal(chars: readonly string[]): void {
    this.#mark(`|${literalHints(chars)}`, false);
    this.#break("\n");
    this.#isSeparated = true;
    for (const char of chars) {
      if (isBreak(char)) {
        this.#break(char);
      } else {
        this.#textChar(char);
      }
    }
    this.#isAfterBreak = false;
  }

  /** A character of a text that spans lines: each is indented. */
  #textChar(char: string): void {
    if (this.#isAfterBreak) {
      this.#beginLine();
      this.#isAfterBreak = false;
    }
    this.#put(char);
    this.#isLineStart = false;
  }

  #space(isBroken: boolean): void {
    if (isBroken) {
      this.#beginLine();
    } else {
      this.#put(" ");
    }
  }

  #endScalar(mark: string): void {
    this.#isAfterBreak = false;
    this.#put(mark);
    this.#isSeparated = false;
    this.#isLineStart = false;
  }

  /** A mark with a space before it where none stands yet. */
  #mark(mark: string, isBlock: boolean): void {
    if (!this.#isSeparated) {
      this.#put(" ");
    }
    this.#put(mark);
    this.#isSeparated = false;
    this.#isLineStart &&= isBlock;
  }

  /** Ends the line unless nothing is on it, and indents the next. */
  #beginLine(): void {
    const indent = Math.max(this.#indent, 0);
    if (
      !this.#isLineStart ||
      this.#column > indent ||
      (this.#column === indent && !this.#isSeparated)
    ) {
      this.#text += "\n";
      this.#column = 0;
    }
    this.#put(" ".repeat(Math.max(indent - this.#column, 0)));
    this.#isSeparated = true;
    this.#isLineStart = true;
  }

  #break(char: string): void {
    this.#text += char;
    this.#column = 0;
    this.#isLineStart = true;
    this.#isAfterBreak = true;
  }

  #put(text: string): void {
    this.#text += text;
    this.#column += [...text].length;
  }
}

/** What a literal's head says of its indentation and its last breaks. */
function literalHints(chars: readonly string[]): string {
  const [first = "", last = "", beforeLast] = [
    chars[0],
    chars.at(-1),
    chars.at(-2),
  ];
  const indent = first === " " || isBreak(first) ? String(bestIndent) : "";
  if (!isBreak(last)) {
    return `${indent}-`;
  }
  const keeps = beforeLast === undefined || isBreak(beforeLast);
  return keeps ? `${indent}+` : indent;
}

/** Whether a space stands inside a text, with none behind it. */
function isLoneSpace(chars: readonly string[], index: number): boolean {
  return index > 0 && index < chars.length - 1 && chars[index + 1] !== " ";
}
