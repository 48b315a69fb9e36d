/** Where in a source file something is; both numbers count from 1. */
export type Location = {
  readonly file: string;
  readonly row: number;
  readonly col: number;
  /** The source of what stands there, where the parser kept it. */
  readonly text?: string;
  /** Where `text` or the token begins, in UTF-16 units from the file's start. */
  readonly offset?: number;
};

/**
 * The line of a text that a parse error is shown in, and where in it: of one
 * behind the text, the text's last.
 */
export function faultyLine(
  text: string,
  { col, row }: Pick<Location, "col" | "row">,
): { readonly line: string; readonly idx: number } {
  const lines = text.split("\n");
  const at = lines.slice(0, row - 1).join("\n").length + (row > 1 ? 1 : 0);
  const place = Math.min(at + Math.max(col - 1, 0), text.length - 1);
  const end = text.slice(0, place + 1).trimEnd().length - 1;
  const start = text.lastIndexOf("\n", end) + 1;
  const [line = ""] = text.slice(start).split(/\r?\n/, 1);
  // Bytes that are no UTF-8 are single surrogates here, which no JSON may have.
  const shown = line.replace(/\p{Surrogate}/gu, "\ufffd");
  return { line: shown, idx: Math.max(end - start, 0) };
}
