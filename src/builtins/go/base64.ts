import { BuiltinError } from "../../engine/builtins/index.ts";

/** The two alphabets of RFC 4648. */
export type Base64Alphabet = "base64" | "base64url";

const quick = {
  base64: /^[A-Za-z0-9+/]*={0,2}$/,
  base64url: /^[A-Za-z0-9_-]*={0,2}$/,
};

/**
 * Bytes of padded Base64 text, as strict as Go: line breaks are skipped, for
 * anything else that does not belong the error names the byte.
 */
export function decodeBase64(text: string, alphabet: Base64Alphabet): Buffer {
  if (text.length % 4 !== 0 || !quick[alphabet].test(text)) {
    checkBase64(Buffer.from(text, "utf8"), alphabet);
  }
  return Buffer.from(text, alphabet);
}

/** Base64url as RFC 7515 has it: padding may be left out. */
export function decodeBase64Url(text: string): Buffer {
  const { length } = Buffer.from(text, "utf8");
  if (text.endsWith("=")) {
    return decodeBase64(text, "base64url");
  }
  if (length % 4 === 1) {
    throw new BuiltinError(`illegal base64url string: ${text}`);
  }
  return decodeBase64(text + "=".repeat((4 - (length % 4)) % 4), "base64url");
}

/** Throws for the first byte that does not belong. */
function checkBase64(bytes: Buffer, alphabet: Base64Alphabet): void {
  let inGroup = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === pad) {
      checkPadding(bytes, at, inGroup);
      return;
    }
    if (isLineBreak(byte)) {
      continue;
    }
    if (!isDigit(byte, alphabet)) {
      throw corrupt(at);
    }
    inGroup = (inGroup + 1) % 4;
  }
  if (inGroup > 0) {
    throw corrupt(bytes.length - inGroup);
  }
}

/** `at` is the first `=`, after `inGroup` digits of its group. */
function checkPadding(bytes: Buffer, at: number, inGroup: number): void {
  let next = at + 1;
  const skip = () => {
    while (isLineBreak(bytes[next] ?? 0)) {
      next += 1;
    }
  };
  if (inGroup < 2) {
    throw corrupt(at);
  }
  if (inGroup === 2) {
    skip();
    if (next === bytes.length) {
      throw corrupt(bytes.length);
    }
    if (bytes[next] !== pad) {
      throw corrupt(next - 1);
    }
    next += 1;
  }
  skip();
  if (next < bytes.length) {
    throw corrupt(next);
  }
}

const pad = 0x3d;

function isLineBreak(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function isDigit(byte: number, alphabet: Base64Alphabet): boolean {
  const digit = String.fromCharCode(byte);
  return alphabet === "base64"
    ? /[A-Za-z0-9+/]/.test(digit)
    : /[A-Za-z0-9_-]/.test(digit);
}

function corrupt(at: number): BuiltinError {
  return new BuiltinError(`illegal base64 data at input byte ${at}`);
}
