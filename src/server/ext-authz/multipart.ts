import { quoteText } from "./go-text.ts";
import { parseMediaType } from "./media-type.ts";

/** One named part; `text` is its content, a transfer encoding undone. */
export type Part = {
  readonly name: string;
  readonly isJson: boolean;
  readonly text: string;
};

/**
 * Reads multipart/form-data as Go's `multipart.Reader` does and hands over the
 * named parts in order, until one is refused. The outcome is what is wrong with
 * the text, in Go's words; a form that ends within the header of a part just
 * ends there.
 */
export function readMultipart(
  text: string,
  boundary: string,
  takePart: (part: Part) => string | undefined,
): string | undefined {
  if (boundary === "") {
    return "multipart: boundary is empty";
  }
  const reader = new PartReader(text, boundary);
  for (;;) {
    const next = reader.next();
    if (next === undefined || typeof next === "string") {
      return next;
    }
    if (next.name === "") {
      continue;
    }
    const refusal = next.isWhole ? takePart(next) : "unexpected EOF";
    if (refusal !== undefined) {
      return refusal;
    }
  }
}

type ReadPart = Part & { readonly isWhole: boolean };

// What Go's reader holds of one line.
const longestLine = 4_096;

class PartReader {
  readonly #text: string;
  readonly #dashes: string;
  #at = 0;
  #count = 0;
  /** Lines end as the first delimiter's does. */
  #newline = "\r\n";

  constructor(text: string, boundary: string) {
    this.#text = text;
    this.#dashes = `--${boundary}`;
  }

  /** The next part; undefined at the end, or what is wrong. */
  next(): ReadPart | string | undefined {
    for (let mustBegin = false; ; mustBegin = this.#count > 0) {
      const line = this.#line();
      if (this.#isLast(line)) {
        return undefined;
      }
      const wrong = lineFault(line);
      if (wrong !== undefined) {
        return wrong;
      }
      if (this.#isDelimiter(line)) {
        this.#count += 1;
        return this.#part();
      }
      if (mustBegin) {
        return `multipart: expecting a new Part; got line ${quoteText(line)}`;
      }
      if (this.#count > 0 && line !== this.#newline) {
        return `multipart: unexpected line in Next(): ${quoteText(line)}`;
      }
    }
  }

  #line(): string {
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(
      this.#at,
      end < 0 ? this.#text.length : end + 1,
    );
    this.#at += line.length;
    return line;
  }

  #isLast(line: string): boolean {
    const rest = this.#after(line, `${this.#dashes}--`);
    return rest === "" || rest === this.#newline;
  }

  #isDelimiter(line: string): boolean {
    const rest = this.#after(line, this.#dashes);
    if (this.#count === 0 && rest === "\n") {
      this.#newline = "\n";
    }
    return rest === this.#newline;
  }

  #after(line: string, prefix: string): string | undefined {
    return line.startsWith(prefix)
      ? line.slice(prefix.length).replace(/^[ \t]+/, "")
      : undefined;
  }

  #part(): ReadPart | string | undefined {
    const header = this.#header();
    if (header === undefined || typeof header === "string") {
      return header;
    }
    const start = this.#at;
    const end = this.#bodyEnd();
    this.#at = end ?? this.#text.length;
    const body = this.#text.slice(start, this.#at);
    const encoding = header.get("content-transfer-encoding") ?? "";
    return {
      name: formName(header.get("content-disposition") ?? ""),
      isJson: (header.get("content-type") ?? "").includes("application/json"),
      text:
        encoding.toLowerCase() === "quoted-printable"
          ? decodeQuotedPrintable(body)
          : body,
      isWhole: end !== undefined,
    };
  }

  /** Where the body ends, before the line end that belongs to the delimiter. */
  #bodyEnd(): number | undefined {
    if (
      this.#text.startsWith(this.#dashes, this.#at) &&
      this.#ends(this.#at + this.#dashes.length)
    ) {
      return this.#at;
    }
    const delimiter = this.#newline + this.#dashes;
    let at = this.#text.indexOf(delimiter, this.#at);
    while (at >= 0 && !this.#ends(at + delimiter.length)) {
      at = this.#text.indexOf(delimiter, at + delimiter.length);
    }
    return at < 0 ? undefined : at;
  }

  /** Whether what looks like a delimiter is one, by what follows it. */
  #ends(at: number): boolean {
    const rest = this.#text.slice(at, at + 2);
    return rest === "" || /^[ \t\r\n]/.test(rest) || rest === "--";
  }

  /** By lower-case name, the first of several; or what is wrong. */
  #header(): ReadonlyMap<string, string> | string | undefined {
    const fields = new Map<string, string>();
    if (/[ \t]/y.test(this.#text.charAt(this.#at))) {
      return `malformed MIME header initial line: ${quoteText(chomp(this.#line()))}`;
    }
    for (;;) {
      if (this.#at >= this.#text.length) {
        return undefined;
      }
      const line = this.#fieldLine();
      if (line === "") {
        return fields;
      }
      const [, name = "", value = ""] =
        /^([^:]*):[ \t]*(.*)$/s.exec(line) ?? [];
      if (!line.includes(":")) {
        return `malformed MIME header: missing colon: ${quoteText(line)}`;
      }
      if (!fieldName.test(name) || forbidden.test(value)) {
        return `malformed MIME header line: ${quoteText(line)}`;
      }
      const key = name.toLowerCase();
      fields.set(key, fields.get(key) ?? value);
    }
  }

  /** A line with those that continue it. */
  #fieldLine(): string {
    let line = withoutBlankEnd(chomp(this.#line()));
    while (line !== "" && /^[ \t]/.test(this.#text.charAt(this.#at))) {
      line += ` ${chomp(this.#line()).trim()}`;
    }
    return line;
  }
}

function lineFault(line: string): string | undefined {
  if (line.length > longestLine) {
    return "multipart: NextPart: bufio: buffer full";
  }
  return line.endsWith("\n") ? undefined : "multipart: NextPart: EOF";
}

const fieldName = /^[A-Za-z0-9!#$%&'*+.^_`|~ -]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a field must not hold these.
const forbidden = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Without blanks and tabs at the end; a pattern would try each run of them anew. */
function withoutBlankEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) {
    end -= 1;
  }
  return line.slice(0, end);
}

function chomp(line: string): string {
  return line.replace(/\r?\n$/, "");
}

function formName(disposition: string): string {
  const parsed = parseMediaType(disposition);
  return parsed.kind === "parsed" && parsed.type === "form-data"
    ? (parsed.parameters.get("name") ?? "")
    : "";
}

/** RFC 2045 §6.7; what is no escape stays as it is. */
function decodeQuotedPrintable(text: string): string {
  const bytes = Buffer.from(text.replace(/=[ \t]*\r?\n/g, ""), "utf8")
    .toString("latin1")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
