import type { Location } from "../source.ts";
import type { Expr, Term } from "../syntax/ast.ts";
import { isUnion } from "./infix.ts";
import { formatTerm } from "./operand.ts";
import { closingRow, comparePlaces } from "./rows.ts";
import { hasGenerated } from "./scan-module.ts";
import { MisplacedComment, type Writer } from "./writer.ts";

/** What is listed: a pair is the member of an object. */
type Listed = Term | Expr | readonly [Term, Term];

/** The members of a list, with how one is written. */
type Items<Item> = {
  readonly items: readonly Item[];
  readonly place: (item: Item) => Location;
  readonly write: (item: Item) => void;
  /** Of the whole list. */
  readonly location: Location;
  /** Where it closes; -1 when it has no bracket of its own. */
  readonly closes: number;
};

type ListOptions = {
  readonly pair: "()" | "[]" | "{}";
  readonly location: Location;
};

/** Writes terms in brackets. */
export function formatList(
  writer: Writer,
  terms: readonly Term[],
  { pair, location }: ListOptions,
): void {
  bracketed(writer, pair, () =>
    formatItems(writer, {
      items: terms,
      place: (term) => term.location,
      location,
      closes: closingRow(pair, location),
      write: (term) => {
        const isArgument = pair === "()";
        const parens =
          isUnion(term) &&
          (!isArgument || term.location.text?.startsWith("(") === true);
        formatInParens(writer, term, parens);
      },
    }),
  );
}

/** Writes the members of an object. */
export function formatPairs(
  writer: Writer,
  pairs: readonly (readonly [Term, Term])[],
  location: Location,
): void {
  bracketed(writer, "{}", () =>
    formatItems(writer, {
      items: pairs,
      place: ([key]) => key.location,
      location,
      closes: closingRow("{}", location),
      write: ([key, value]) => {
        formatInParens(writer, key, isUnion(key));
        writer.write(": ");
        formatInParens(writer, value, isUnion(value));
      },
    }),
  );
}

function bracketed(writer: Writer, pair: string, write: () => void): void {
  writer.write(pair.charAt(0));
  write();
  writer.write(pair.charAt(1));
}

/** Writes a term in parentheses, of which a union has none of its own here. */
export function formatInParens(
  writer: Writer,
  term: Term,
  parens: boolean,
): void {
  writer.inParens(parens, () => formatTerm(writer, term));
}

/** Writes items on the lines that they stood on, with a comma behind the last if they are several. */
function formatItems<Item extends Listed>(
  writer: Writer,
  list: Items<Item>,
): void {
  const lines = groupByRow(writer, list.items, {
    place: list.place,
    row: list.location.row,
  });
  if (lines.length > 1) {
    formatLines(writer, lines, list);
    return;
  }
  refuseCommentsInside(writer, list);
  if (beginsBelow(list)) {
    formatLines(writer, lines, list);
    return;
  }
  const [line = []] = lines;
  writer.fit(
    () => formatLine(writer, line, list),
    () => {
      if (line.length === 0) {
        return;
      }
      const apart = line.map((item) => [item]);
      formatLines(writer, apart, list);
    },
  );
}

function formatLines<Item>(
  writer: Writer,
  lines: readonly (readonly Item[])[],
  list: Items<Item>,
): void {
  writer.delayLineComment();
  writer.endLine();
  writer.up();
  writer.startLine();
  for (const [index, line] of lines.entries()) {
    if (index > 0) {
      writer.write(",");
      writer.newLine();
    }
    formatLine(writer, line, list);
  }
  writer.write(",");
  writer.endLine();
  writer.comments(list.closes);
  writer.down();
  writer.startLine();
}

function formatLine<Item>(
  writer: Writer,
  line: readonly Item[],
  { write }: Items<Item>,
): void {
  for (const [index, item] of line.entries()) {
    if (index > 0) {
      writer.write(", ");
    }
    write(item);
  }
}

/** What comes to stand on one line has no place for a comment between its lines. */
function refuseCommentsInside<Item>(
  writer: Writer,
  { closes, location }: Items<Item>,
): void {
  for (const comment of writer.pending()) {
    const { row } = comment.location;
    if (row >= closes) {
      return;
    }
    if (row > location.row) {
      throw new MisplacedComment(comment);
    }
  }
}

/** Whether the first item stands on a line below the bracket. */
function beginsBelow<Item>({ items, location, place }: Items<Item>): boolean {
  const [first] = items;
  if (first === undefined) {
    return false;
  }
  const { text = "" } = location;
  const cut = text.indexOf(place(first).text ?? "");
  return cut > 0 && text.slice(0, cut).indexOf("\n") > 0;
}

type Grouping<Item> = {
  readonly place: (item: Item) => Location;
  /** Of what stands before the first item. */
  readonly row: number;
};

/**
 * Items in the order of their places, those on one row together; all of them
 * where one has a variable named as the compiler names its own, whose place
 * says nothing (OPA does not look into the members of objects).
 */
export function groupByRow<Item extends Listed>(
  { style }: Writer,
  items: readonly Item[],
  { place, row }: Grouping<Item>,
): readonly (readonly Item[])[] {
  if (
    style.mayHaveGenerated &&
    items.some((item) => "location" in item && hasGenerated(item))
  ) {
    return [items];
  }
  const ordered = items.toSorted((a, b) => comparePlaces(place(a), place(b)));
  const lines: Item[][] = [];
  let line: Item[] = [];
  let last = row;
  for (const [index, item] of ordered.entries()) {
    const at = place(item).row;
    if (at > last && index > 0) {
      lines.push(line);
      line = [];
    }
    last = at;
    line.push(item);
  }
  return [...lines, line];
}
