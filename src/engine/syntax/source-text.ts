import { PolicyError } from "../error.ts";

/** A file's text, with the rows and columns of its offsets. */
export type SourceText = {
  readonly file: string;
  readonly text: string;
  /** Row and column of an offset, both from 1; columns count code points. */
  place(offset: number): { readonly row: number; readonly col: number };
  /** Throws `rego_parse_error` at an offset. */
  fail(message: string, offset: number): never;
};

/** Indexes the rows of a text. */
export function createSourceText(file: string, text: string): SourceText {
  const rows = rowStarts(text);
  const place = (offset: number) => {
    const row = rowOf(rows, offset);
    const before = text.slice(rows[row] ?? 0, offset);
    return { row: row + 1, col: [...before].length + 1 };
  };
  return {
    file,
    text,
    place,
    fail: (message, offset) => {
      throw new PolicyError("rego_parse_error", message, {
        location: { file, ...place(offset) },
      });
    },
  };
}

function rowStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

/** The index of the row that holds `offset`. */
function rowOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
