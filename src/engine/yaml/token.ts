/** A place in a YAML text; line and column count from 0. */
export type Mark = {
  readonly index: number;
  readonly line: number;
  readonly column: number;
};

export type TokenKind =
  | "stream-start"
  | "stream-end"
  | "directive"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

export type Token = {
  readonly kind: TokenKind;
  readonly start: Mark;
  /** The text of a scalar, the name of an anchor or alias, the whole tag, a directive's version. */
  readonly value: string;
  /** A scalar without quotes or a block indicator. */
  readonly plain: boolean;
};

/**
 * A text that is no YAML; `message` names the line as go-yaml's version 3 does,
 * which reads annotations, `second` as its version 2, which reads all else.
 */
export class YamlFault extends Error {
  override readonly name = "YamlFault";
  readonly second: string;

  constructor(problem: string, lines?: { third: number; second: number }) {
    super(withLine(problem, lines?.third));
    this.second = withLine(problem, lines?.second);
  }
}

function withLine(problem: string, line: number | undefined): string {
  return line ? `line ${line}: ${problem}` : problem;
}

/** A fault that the scanner finds; `context` is where the broken token began. */
export function scanFault(
  problem: string,
  context: Mark | undefined,
  at: Mark,
): YamlFault {
  const known = context?.line || at.line;
  return new YamlFault(problem, {
    third: known ? known + 1 : 0,
    second: at.line ? at.line + 1 : (context?.line ?? 0),
  });
}

/** A fault in how tokens follow one another. Its line is one less, as in go-yaml. */
export function parseFault(
  problem: string,
  context: Mark | undefined,
  at: Mark,
): YamlFault {
  return new YamlFault(problem, {
    third: context?.line || at.line,
    second: at.line || (context?.line ?? 0),
  });
}
