import type { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Comment, Expr, Term } from "../syntax/ast.ts";
import { endRow } from "./rows.ts";

/** What decides how a module is written. */
export type Style = {
  /** Multi-value rules are written with `contains`. */
  readonly contains: boolean;
  /** Rules are written with `if`. */
  readonly ifs: boolean;
  /** A head needs its whole ref: then all are written so. */
  readonly refHeads: boolean;
  readonly isV1: boolean;
  readonly keywords: ReadonlySet<string>;
  /** Keywords may follow a dot, as in `p.not`. */
  readonly keywordsInRefs: boolean;
  /** Wildcards that stand in several places, and so need a name. */
  readonly namedWildcards: ReadonlySet<string>;
  /** A variable may be named as the compiler names its own. */
  readonly mayHaveGenerated: boolean;
  /** Columns that a line should not pass; undefined leaves lines as they are. */
  readonly width: number | undefined;
};

/**
 * A comment stands where the layout has no place for it. What holds it is
 * copied as its author wrote it instead.
 */
export class MisplacedComment extends Error {
  override readonly name = "MisplacedComment";
  /** What is copied must begin on this row or above. */
  readonly row: number;
  /** What was being written when the comment was found has been copied. */
  isWhole = false;

  constructor({ location }: Comment) {
    super("a comment has no place");
    this.row = location.row;
  }
}

/** How the two kinds of nodes that hold each other are written. */
export type Forms = {
  /** A term without its comments; an infix call in parentheses if `parens`. */
  readonly term: (writer: Writer, term: Term, parens: boolean) => void;
  readonly expr: (writer: Writer, expr: Expr) => void;
};

/** What a writer is given. */
type Material = {
  readonly forms: Forms;
  /** In the order of their places. */
  readonly comments: readonly Comment[];
};

/** A state to go back to. */
type Mark = {
  readonly parts: number;
  readonly level: number;
  readonly comments: number;
  readonly inline: boolean;
};

/**
 * Writes lines, with each comment put where its row wants it: those of earlier
 * rows on lines of their own, that of the same row at the end of the line.
 */
export class Writer {
  readonly style: Style;
  readonly forms: Forms;
  readonly errors: PolicyError[] = [];
  /** It, or what its terms are, is written in parentheses. */
  parenthesized: Expr | Term | undefined;
  /** A comment on the last row of what is copied is written behind it. */
  commentsOnLastRow = false;
  /** The current line has begun. */
  inline = false;
  /** To be written at the end of the line. */
  lineComment: Comment | undefined;
  /** In the order of their places. */
  readonly #comments: Comment[];
  /** The first of them that is not yet written. */
  #next = 0;
  #parts: string[] = [];
  #level = 0;
  #isDelayed = false;
  /** What is written may be taken back: nothing in it is wrapped. */
  #isTrying = false;

  constructor(style: Style, { comments, forms }: Material) {
    this.style = style;
    this.forms = forms;
    this.#comments = [...comments];
  }

  /** What was written. */
  text(): string {
    return this.#parts.join("");
  }

  write(text: string): void {
    this.#parts.push(text);
  }

  /** Writes what may stand in parentheses. */
  inParens(parens: boolean, write: () => void): void {
    if (parens) {
      this.write("(");
    }
    write();
    if (parens) {
      this.write(")");
    }
  }

  startLine(): void {
    this.inline = true;
    if (this.#level > 0) {
      this.write("\t".repeat(this.#level));
    }
  }

  endLine(): void {
    this.inline = false;
    if (this.lineComment && !this.#isDelayed) {
      this.write(` ${commentText(this.lineComment)}`);
      this.lineComment = undefined;
    }
    this.#isDelayed = false;
    this.write("\n");
  }

  /** Ends the line if one has begun, and leaves one out. */
  blankLine(): void {
    if (this.inline) {
      this.endLine();
    }
    this.write("\n");
  }

  /** A whole line. */
  line(text: string): void {
    this.ensureLine();
    this.write(text);
    this.endLine();
  }

  /** Begins a line unless one has begun. */
  ensureLine(): void {
    if (!this.inline) {
      this.startLine();
    }
  }

  /** Goes on a line below. */
  newLine(): void {
    this.endLine();
    this.startLine();
  }

  up(): void {
    this.#level += 1;
  }

  down(): void {
    this.#level -= 1;
  }

  /** The comment at the end of the next line waits for the line after it. */
  delayLineComment(): void {
    this.#isDelayed = true;
  }

  /** The comments that are still to be written, in order. */
  *pending(): Generator<Comment> {
    for (let at = this.#next; at < this.#comments.length; at += 1) {
      yield this.#comments[at] as Comment;
    }
  }

  get nextComment(): Comment | undefined {
    return this.#comments[this.#next];
  }

  /** Takes the pending comments that `fits` out of the order. */
  take(fits: (comment: Comment) => boolean): Comment[] {
    const taken: Comment[] = [];
    const rest = this.#comments.splice(this.#next);
    for (const comment of rest) {
      (fits(comment) ? taken : this.#comments).push(comment);
    }
    return taken;
  }

  /** Takes the pending comments above a row. */
  takeAbove(row: number): Comment[] {
    const taken: Comment[] = [];
    for (;;) {
      const comment = this.nextComment;
      if (comment === undefined || comment.location.row >= row) {
        return taken;
      }
      taken.push(comment);
      this.#next += 1;
    }
  }

  /** Writes the comments above a row; one on it comes to the line's end. */
  comments(row: number): void {
    const above = this.takeAbove(row);
    if (above.length > 0 && this.lineComment) {
      // It would run into the first of them.
      above.unshift(this.lineComment);
      this.lineComment = undefined;
    }
    this.block(above);
    const last = above.at(-1);
    if (last && row - last.location.row > 1) {
      this.blankLine();
    }
    let beside: Comment | undefined;
    while (this.nextComment?.location.row === row) {
      beside = this.nextComment;
      this.#next += 1;
    }
    this.#atLineEnd(beside);
  }

  #atLineEnd(comment: Comment | undefined): void {
    if (this.lineComment === undefined) {
      this.lineComment = comment;
    } else if (comment !== undefined) {
      throw new MisplacedComment(this.lineComment);
    }
  }

  /** Comments on lines of their own, apart where they were apart. */
  block(comments: readonly Comment[]): void {
    let isMetadata = false;
    for (const [index, comment] of comments.entries()) {
      const before = comments[index - 1];
      if (before) {
        const distance = comment.location.row - before.location.row;
        if (distance > 1) {
          this.blankLine();
          isMetadata = false;
        } else if (isMetadata && beginsMetadata(comment)) {
          this.blankLine();
        }
      }
      isMetadata ||= beginsMetadata(comment);
      this.line(commentText(comment));
    }
  }

  /** A place to go back to. */
  mark(): Mark {
    return {
      parts: this.#parts.length,
      level: this.#level,
      comments: this.#next,
      inline: this.inline,
    };
  }

  /**
   * Writes `flat`, and `wrapped` in its place when a line of it is too long.
   * What is not wrapped yet is left to the innermost that is: an outer list
   * goes first. Where a comment waits nothing is tried.
   */
  fit(flat: () => void, wrapped: () => void): void {
    const { width } = this.style;
    if (width === undefined || this.#isTrying || this.lineComment) {
      flat();
      return;
    }
    const mark = this.mark();
    this.#isTrying = true;
    try {
      flat();
    } finally {
      this.#isTrying = false;
    }
    const isChanged = this.#next !== mark.comments;
    if (!isChanged && this.#lineLength() > width) {
      this.#parts.length = mark.parts;
      this.inline = mark.inline;
      wrapped();
    }
  }

  /** Characters of the current line, a tab taken for four. */
  #lineLength(): number {
    let length = 0;
    for (let at = this.#parts.length - 1; at >= 0; at -= 1) {
      const part = this.#parts[at] as string;
      const start = part.lastIndexOf("\n") + 1;
      length += part.slice(start).replaceAll("\t", "    ").length;
      if (start > 0) {
        break;
      }
    }
    return length;
  }

  /** Back to the level of a mark, after what was written in between has failed. */
  restoreLevel({ level }: Pick<Mark, "level">): void {
    this.#level = level;
  }

  /** Writes a text as its author did, in place of what was written since the mark. */
  copyInstead(mark: Mark, location: Location): void {
    this.#parts.length = mark.parts;
    this.#level = mark.level;
    this.#next = mark.comments;
    this.copy(location);
  }

  /** Writes a text as its author did; the comments in it are part of it. */
  copy(location: Location): void {
    const { row, text = "" } = location;
    const last = endRow(location);
    const beside = this.lineComment?.location.row ?? 0;
    if (beside >= row && beside <= last) {
      // It is part of the text.
      this.lineComment = undefined;
    }
    this.write(text);
    this.takeAbove(last);
    const comment = this.nextComment;
    if (this.commentsOnLastRow && comment?.location.row === last) {
      this.write(` ${comment.location.text ?? ""}`);
      this.#next += 1;
    }
  }
}

/** A comment as it is written. */
export function commentText({ text }: Comment): string {
  return `#${text.trimEnd()}`;
}

function beginsMetadata({ location, text }: Comment): boolean {
  return location.col === 1 && text.trimStart().startsWith("METADATA");
}

/** Writes what may have to be copied, and goes on behind it. */
export function tolerant(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof MisplacedComment && error.isWhole)) {
      throw error;
    }
  }
}

/** Writes parts of which none can be left out: what holds them is copied with them. */
export function inseparable(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof MisplacedComment) {
      error.isWhole = false;
    }
    throw error;
  }
}
