import type { Location } from "../source.ts";
import type { Body } from "../syntax/ast.ts";

/** How many lines a text goes down. */
export function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    count += 1;
  }
  return count;
}

/** The row on which the text of a place ends. */
export function endRow({ row, text = "" }: Location): number {
  return row + countBreaks(text);
}

/** The order of places in a file. */
export function comparePlaces(a: Location, b: Location): number {
  return a.row - b.row || a.col - b.col;
}

/** The row on which the last expression of a body ends; 0 for an empty one. */
export function bodyEndRow(body: Body): number {
  const location = body.at(-1)?.location;
  return location
    ? location.row + countBreaks((location.text ?? "").trimEnd())
    : 0;
}

/** No row: comments are never before or at it. */
const nowhere = -1;

type Pair = "()" | "[]" | "{}";

/**
 * The row of the bracket that closes the first one of its kind in a text,
 * behind a pair of another kind if `behind` is given; -1 when there is none.
 * As OPA's formatter it looks at characters only, those of strings included.
 */
export function closingRow(
  pair: Pair,
  { row, text = "" }: Location,
  behind?: Pair,
): number {
  const start = behind ? closingIndex(behind, text, 0) : 0;
  const open = text.indexOf(pair.charAt(0), start);
  const end = open < 0 ? text.length : closingIndex(pair, text, open);
  return end >= text.length
    ? nowhere
    : row +
        countBreaks(behind ? text.slice(firstIndex(behind, text), start) : "") +
        countBreaks(text.slice(open, end));
}

function firstIndex(pair: Pair, text: string): number {
  const at = text.indexOf(pair.charAt(0));
  return at < 0 ? text.length : at;
}

/** The index of the closing bracket; the text's length when it has none. */
function closingIndex(pair: Pair, text: string, from: number): number {
  const [open, close] = [pair.charAt(0), pair.charAt(1)];
  let depth = 0;
  for (
    let at = text.indexOf(open, from);
    at >= 0 && at < text.length;
    at += 1
  ) {
    const char = text[at];
    if (char === open) {
      depth += 1;
    } else if (char === close) {
      depth -= 1;
      if (depth === 0) {
        return at;
      }
    }
  }
  return text.length;
}
