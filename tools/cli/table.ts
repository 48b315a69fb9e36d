/** A table as OPA draws it: heads in the middle, cells to the left. */
export function tableText(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = widthsOf([heads, ...rows]);
  const centred = heads.map((head, column) => {
    const room = (widths[column] ?? 0) - columnsOf(head);
    const left = Math.floor(room / 2);
    return " ".repeat(left) + head + " ".repeat(room - left);
  });
  return [
    rule(widths, "┌┬┐"),
    line(centred),
    rule(widths, "├┼┤"),
    ...rows.map((cells) => line(toLeft(cells, widths))),
    rule(widths, "└┴┘"),
    "",
  ].join("\n");
}

/** Names and their numbers, which stand to the right. */
export function numberTable(
  rows: readonly (readonly [name: string, number: string])[],
): string {
  const widths = widthsOf(rows);
  const cells = rows.map(([name, number]) =>
    line([...toLeft([name], widths), number.padStart(widths[1] ?? 0)]),
  );
  return [rule(widths, "┌┬┐"), ...cells, rule(widths, "└┴┘"), ""].join("\n");
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const [first = []] = rows;
  return first.map((_, column) =>
    Math.max(...rows.map((cells) => columnsOf(cells[column] ?? ""))),
  );
}

function toLeft(
  cells: readonly string[],
  widths: readonly number[],
): readonly string[] {
  return cells.map(
    (cell, column) =>
      cell + " ".repeat((widths[column] ?? 0) - columnsOf(cell)),
  );
}

function rule(widths: readonly number[], corners: string): string {
  const [left, middle = "", right] = corners;
  const lines = widths.map((one) => "─".repeat(one + 2));
  return `${left}${lines.join(middle)}${right}`;
}

function line(cells: readonly string[]): string {
  return `│${cells.map((cell) => ` ${cell} `).join("│")}│`;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (wide.test(char) ? 2 : 1), 0);
}
