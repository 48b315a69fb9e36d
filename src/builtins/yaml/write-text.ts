/** Where a text stands and whether it must be told from what it looks like. */
export type TextPlace = {
  readonly indent: number;
  readonly quoted: boolean;
  /** Keys stay on one line. */
  readonly isKey: boolean;
};

/** A text as a YAML scalar in the style that Go's emitter takes. */
export function writeText(text: string, place: TextPlace): string {
  const isSpecial = [...text].some(isSpecialChar);
  const spaceBreak = / \n/.test(text);
  if (place.quoted || isSpecial || (spaceBreak && text.includes("\n"))) {
    return doubleQuoted(text);
  }
  if (text.includes("\n")) {
    return place.isKey || text.endsWith(" ")
      ? doubleQuoted(text)
      : literal(text, place.indent);
  }
  return isPlain(text)
    ? fold(text, place)
    : `'${indentBreaks(fold(text.replaceAll("'", "''"), place), place)}'`;
}

/** Puts the margin behind breaks that are not \n, which stand for themselves. */
function indentBreaks(text: string, { indent }: TextPlace): string {
  const margin = " ".repeat(indent === 0 ? 2 : indent);
  return text.replace(
    /[\u0085\u2028\u2029](?=[^\u0085\u2028\u2029])/g,
    (mark) => mark + margin,
  );
}

/** What neither plain nor quoted text shows as it is. */
function isSpecialChar(char: string): boolean {
  const code = char.codePointAt(0) as number;
  return (
    (code < 0x20 && code !== 0x0a) ||
    (code >= 0x7f && code < 0xa0 && code !== 0x85) ||
    code === 0xfeff ||
    code > 0xfffd ||
    (code >= 0xd800 && code < 0xe000)
  );
}

const indicators = /^[#,[\]{}&*!|>'"%@`]/;

function isPlain(text: string): boolean {
  return (
    text !== "" &&
    !/^[ \n]|[ \n]$/.test(text) &&
    !indicators.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) &&
    !/^[-?:](?:$|\s)/.test(text) &&
    !/:(?:$|\s)|\s#/.test(text) &&
    !/[\u0085\u2028\u2029]/.test(text) &&
    !/^\?/.test(text.length === 1 ? text : "")
  );
}

const width = 80;

/** Breaks a line at single spaces once it is longer than the width. */
function fold(text: string, { indent, isKey }: TextPlace): string {
  if (isKey || text.length <= width) {
    return text;
  }
  const margin = indent === 0 ? 2 : indent;
  let folded = "";
  let column = indent + 1;
  for (const [index, char] of [...text].entries()) {
    const isInner =
      index > 0 && index < text.length - 1 && text[index + 1] !== " ";
    if (char === " " && isInner && text[index - 1] !== " " && column > width) {
      folded += `\n${" ".repeat(margin)}`;
      column = margin;
    } else {
      folded += char;
      column += 1;
    }
  }
  return folded;
}

/** A block that keeps its lines. */
function literal(text: string, indent: number): string {
  const margin = " ".repeat(indent === 0 ? 2 : indent);
  const hint = /^[\s]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : /^\n$|\n\n$/.test(text) ? "+" : "";
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  const lines = body
    .split("\n")
    .map((line) => (line === "" ? "" : margin + line));
  return [`|${hint}${chomp}`, ...lines].join("\n");
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\xa0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(text: string): string {
  // Behind a byte-order mark Go's emitter takes every character for one.
  const hasMark = text.startsWith("\ufeff");
  const content = [...text].map((char) => {
    const short = escapes[char];
    if (short !== undefined) {
      return short;
    }
    return hasMark || isSpecialChar(char)
      ? hexEscape(char.codePointAt(0) as number)
      : char;
  });
  return `"${content.join("")}"`;
}

function hexEscape(code: number): string {
  const hex = (size: number) =>
    code.toString(16).toUpperCase().padStart(size, "0");
  if (code <= 0xff) {
    return `\\x${hex(2)}`;
  }
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
