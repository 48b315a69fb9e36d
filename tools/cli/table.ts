/** A table as OPA draws it: heads in the middle, cells to the left. */
export function tableText(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = heads.map((head, column) =>
    Math.max(
      ...[head, ...rows.map((cells) => cells[column] ?? "")].map(columnsOf),
    ),
  );
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((one) => "─".repeat(one + 2)).join(middle) + right;
  const line = (cells: readonly string[]): string =>
    `│${cells.map((cell) => ` ${cell} `).join("│")}│`;
  const room = (cell: string, column: number): number =>
    (widths[column] ?? 0) - columnsOf(cell);
  const centred = heads.map((head, column) => {
    const left = Math.floor(room(head, column) / 2);
    return " ".repeat(left) + head + " ".repeat(room(head, column) - left);
  });
  const padded = rows.map((cells) =>
    cells.map((cell, column) => cell + " ".repeat(room(cell, column))),
  );
  return [
    rule("┌", "┬", "┐"),
    line(centred),
    rule("├", "┼", "┤"),
    ...padded.map(line),
    rule("└", "┴", "┘"),
    "",
  ].join("\n");
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (wide.test(char) ? 2 : 1), 0);
}
