import { type JsonMembers, readMembers } from "./json-members.ts";

/** One JSON object of a log, and where it begins. */
export type JsonDocument = {
  readonly line: number;
  readonly bytes: Buffer;
  readonly members: JsonMembers;
};

/** A part of a log that is no document. */
export type LogFault = { readonly line: number; readonly problem: string };

export type SplitOptions = {
  /** Larger documents are passed over, so that memory stays bounded. */
  readonly maxBytes: number;
  readonly onDocument: (document: JsonDocument) => void;
  readonly onFault: (fault: LogFault) => void;
};

const code = {
  newline: 0x0a,
  carriageReturn: 0x0d,
  quote: 0x22,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** A table of bytes that are not passed over. */
function stops(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) {
    table[byte] = 1;
  }
  return table;
}

const betweenStops = stops(
  Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => ![0x20, 0x09, 0x0d, 0x2c].includes(byte),
  ),
);
const junkStops = stops([code.newline, code.openBrace]);
const insideStops = stops([
  code.newline,
  code.quote,
  code.openBracket,
  code.closeBracket,
  code.openBrace,
  code.closeBrace,
]);
const textStops = stops([code.newline, code.quote, code.backslash]);

/**
 * Cuts a stream of bytes into the JSON objects that it holds: one a line, the
 * elements of an array, or laid out over several lines. An object that ends in
 * the middle costs only itself: a line feed inside a text, and an object at the
 * beginning of a line inside another, are where the next one is looked for.
 */
export class JsonSplitter {
  readonly #options: SplitOptions;
  #state: "between" | "junk" | "inside" | "text" = "between";
  #line = 1;
  /** Where the document in progress begins. */
  #documentLine = 1;
  #depth = 0;
  #isEscaped = false;
  #isLineStart = true;
  /** Of the document in progress: what came in earlier chunks. */
  #parts: Buffer[] = [];
  #size = 0;
  /** Of the document in progress: its beginning in this chunk. */
  #start = 0;

  constructor(options: SplitOptions) {
    this.#options = options;
  }

  /** The line that is being read. */
  get line(): number {
    return this.#line;
  }

  push(chunk: Buffer): void {
    let at = 0;
    this.#start = 0;
    while (at < chunk.length) {
      at = this.#step(chunk, at);
    }
    if (this.#depth > 0) {
      this.#keep(chunk.subarray(this.#start));
    }
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#depth > 0) {
      this.#cut();
    } else if (this.#state === "junk") {
      this.#fault(this.#line, "this is no JSON");
    }
    this.#state = "between";
  }

  #step(chunk: Buffer, from: number): number {
    switch (this.#state) {
      case "between":
        return this.#between(chunk, from);
      case "junk":
        return this.#junk(chunk, from);
      case "inside":
        return this.#inside(chunk, from);
      case "text":
        return this.#text(chunk, from);
    }
  }

  #between(chunk: Buffer, from: number): number {
    const at = skip(chunk, from, betweenStops);
    switch (chunk[at]) {
      case undefined:
        break;
      case code.newline:
        this.#line += 1;
        break;
      case code.openBrace:
        return this.#wholeLine(chunk, at) ?? this.#begin(at);
      // The brackets of an array of documents say nothing.
      case code.openBracket:
      case code.closeBracket:
        break;
      default:
        this.#state = "junk";
    }
    return at + 1;
  }

  /** Words around a document, as containers' logs put before each line, or a line of words. */
  #junk(chunk: Buffer, from: number): number {
    const at = skip(chunk, from, junkStops);
    if (chunk[at] === code.newline) {
      this.#fault(this.#line, "this is no JSON");
      this.#line += 1;
      this.#state = "between";
    } else if (chunk[at] === code.openBrace) {
      return this.#wholeLine(chunk, at) ?? this.#begin(at);
    }
    return at + 1;
  }

  /** Most logs have a document a line, which is found by its end. */
  #wholeLine(chunk: Buffer, from: number): number | undefined {
    const end = chunk.indexOf(code.newline, from);
    const last = end - (chunk[end - 1] === code.carriageReturn ? 2 : 1);
    if (end === -1 || chunk[last] !== code.closeBrace) {
      return undefined;
    }
    const bytes = chunk.subarray(from, last + 1);
    const members = readMembers(bytes);
    if (members === undefined) {
      return undefined;
    }
    this.#options.onDocument({ line: this.#line, bytes, members });
    this.#state = "between";
    return end;
  }

  #inside(chunk: Buffer, from: number): number {
    const at = skip(chunk, from, insideStops);
    if (at > from) {
      this.#isLineStart = false;
    }
    const byte = chunk[at];
    switch (byte) {
      case undefined:
        return at;
      case code.newline:
        this.#line += 1;
        this.#isLineStart = true;
        return at + 1;
      case code.openBrace:
        if (this.#isLineStart) {
          this.#cut();
          return at;
        }
        this.#depth += 1;
        break;
      case code.openBracket:
        this.#depth += 1;
        break;
      case code.quote:
        this.#state = "text";
        break;
      default:
        this.#depth -= 1;
    }
    this.#isLineStart = false;
    if (this.#depth === 0) {
      this.#finish(chunk, at + 1);
    }
    return at + 1;
  }

  #text(chunk: Buffer, from: number): number {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      return from + 1;
    }
    const at = skip(chunk, from, textStops);
    switch (chunk[at]) {
      case code.quote:
        this.#state = "inside";
        break;
      case code.backslash:
        this.#isEscaped = true;
        break;
      case code.newline:
        this.#cut();
        this.#line += 1;
        break;
      default:
    }
    return at + 1;
  }

  #begin(at: number): number {
    this.#state = "inside";
    this.#documentLine = this.#line;
    this.#depth = 1;
    this.#isLineStart = false;
    this.#parts = [];
    this.#size = 0;
    this.#start = at;
    return at + 1;
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#options.maxBytes) {
      this.#parts = [];
    } else {
      this.#parts.push(part);
    }
  }

  #finish(chunk: Buffer, end: number): void {
    this.#keep(chunk.subarray(this.#start, end));
    const [first = chunk, ...others] = this.#parts;
    const line = this.#documentLine;
    if (this.#size > this.#options.maxBytes) {
      const { maxBytes } = this.#options;
      this.#fault(line, `the document is larger than ${maxBytes} bytes`);
    } else {
      this.#offer(
        line,
        others.length === 0 ? first : Buffer.concat(this.#parts),
      );
    }
    this.#parts = [];
    this.#state = "between";
  }

  #offer(line: number, bytes: Buffer): void {
    const members = readMembers(bytes);
    if (members === undefined) {
      this.#fault(line, "this is no JSON");
    } else {
      this.#options.onDocument({ line, bytes, members });
    }
  }

  /** Gives up the document in progress. */
  #cut(): void {
    this.#fault(this.#documentLine, "the document is cut off");
    this.#parts = [];
    this.#depth = 0;
    this.#state = "between";
  }

  #fault(line: number, problem: string): void {
    this.#options.onFault({ line, problem });
  }
}

function skip(bytes: Buffer, from: number, table: Uint8Array): number {
  let at = from;
  while (at < bytes.length && table[bytes[at] as number] === 0) {
    at += 1;
  }
  return at;
}
