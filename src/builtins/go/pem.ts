import { decodeBase64 } from "./base64.ts";

/** A block between BEGIN and END lines, with what follows it. */
export type PemBlock = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly rest: string;
};

const beginMark = "-----BEGIN ";
const endMark = "\n-----END ";
const dashes = "-----";

/**
 * The first block of a text that is well-formed, found as Go's `encoding/pem`
 * finds it: what is malformed is passed over. Undefined when there is none.
 */
export function decodePem(text: string): PemBlock | undefined {
  let from = 0;
  for (;;) {
    const end = text.indexOf(endMark, from);
    if (end < 0) {
      return undefined;
    }
    const found = readBlock(text, from, end);
    if (found === "no more") {
      return undefined;
    }
    if (found !== undefined) {
      return found;
    }
    from = end + endMark.length;
  }
}

/** Reads the block whose END line follows `end`, beginning not before `from`. */
function readBlock(
  text: string,
  from: number,
  end: number,
): PemBlock | "no more" | undefined {
  const begin = text.slice(from, end).lastIndexOf(beginMark);
  if (begin < 0 || (begin > 0 && text[from + begin - 1] !== "\n")) {
    return undefined;
  }
  const first = readLine(text, from + begin + beginMark.length);
  if (!first.line.endsWith(dashes)) {
    return undefined;
  }
  const type = first.line.slice(0, -dashes.length);
  const body = skipHeaders(text, first.next);
  if (body === undefined) {
    return "no more";
  }
  if (body > first.next && body > end + 1) {
    return undefined;
  }
  const after = readLine(text, end + endMark.length);
  if (after.line !== type + dashes) {
    return undefined;
  }
  const bytes = decodeBody(text.slice(body, Math.max(body, end)));
  return bytes && { type, bytes, rest: text.slice(after.next) };
}

/** Where the lines with a colon end; undefined where the text does. */
function skipHeaders(text: string, from: number): number | undefined {
  let at = from;
  while (at < text.length) {
    const { line, next } = readLine(text, at);
    if (!line.includes(":")) {
      return at;
    }
    at = next;
  }
  return undefined;
}

function decodeBody(body: string): Buffer | undefined {
  try {
    return decodeBase64(body.replace(/[ \t]/g, ""), "base64");
  } catch {
    return undefined;
  }
}

/** A line without its end and trailing spaces, and where the next one begins. */
function readLine(
  text: string,
  from: number,
): { readonly line: string; readonly next: number } {
  const newline = text.indexOf("\n", from);
  const end = newline < 0 ? text.length : newline;
  return {
    line: trimRight(text.slice(from, end)),
    next: newline < 0 ? text.length : newline + 1,
  };
}

function trimRight(line: string): string {
  let end = line.length;
  while (end > 0 && " \t\r\n".includes(line[end - 1] as string)) {
    end -= 1;
  }
  return line.slice(0, end);
}

/** A block as Go writes it, in lines of 64. */
export function encodePem(type: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [
    `${beginMark}${type}-----`,
    ...lines,
    `-----END ${type}-----`,
    "",
  ].join("\n");
}
