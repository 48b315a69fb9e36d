import { fault } from "./fault.ts";

// How many bytes the longest UTF-8 sequence has.
const longest = 4;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a file. A byte that is no UTF-8 becomes the lone surrogate
 * U+DC00 + byte, which no text has: the parser says where it stands, instead of
 * reading a character that stands for all that cannot be read.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodePieces(bytes);
  }
}

/** The text of a file that must be UTF-8. */
export function utf8Text(name: string, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw fault(`\`${name}\` cannot be read as UTF-8 text`, cause);
  }
}

function decodePieces(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const found = sequenceAt(bytes, at);
    text += found ?? String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += found === undefined ? 1 : new TextEncoder().encode(found).length;
  }
  return text;
}

/** The character whose bytes begin here, if any does. */
function sequenceAt(bytes: Uint8Array, at: number): string | undefined {
  for (let length = 1; length <= longest; length += 1) {
    try {
      return decoder.decode(bytes.subarray(at, at + length));
    } catch {
      // Longer, or no character.
    }
  }
  return undefined;
}
