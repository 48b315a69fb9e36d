import { builtinError, builtinErrorWith, failWith, prefixError } from "../builtin-error";
import { jsonFault } from "../json-fault";
import { parseJson } from "../json-parse";
import { objectGet } from "../object";
import {
  arrayAppend,
  newArray,
  newString,
  stringLength,
  stringPtr,
  TYPE_OBJECT,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { decodeUrl, hexOf } from "./encoding";
import { wantString } from "./operand";
import { asciiString, textAscii, textBegin, textFinish, textInteger } from "./text";

// Tokens within tokens (content type JWT) end somewhere.
const DEEPEST: u32 = 16;

/** io.jwt.decode: header, payload and signature in hex, nothing verified. */
export function builtin_io_jwt_decode(token: Value): Value {
  if (!wantString(token, 1)) return UNDEFINED;
  return decodeToken(token, 0);
}

function decodeToken(token: Value, depth: u32): Value {
  const ptr = stringPtr(token);
  const n = stringLength(token);
  let dots: u32 = 0;
  let one: u32 = 0;
  let two: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    if (load<u8>(ptr + i) != 46) continue;
    dots++;
    if (dots == 1) one = i;
    else if (dots == 2) two = i;
  }
  if (dots == 0) return builtinError("encoded JWT had no period separators");
  if (dots != 2) return numbered("encoded JWT must have 3 sections, found ", dots + 1);
  const header = section("JWT header had invalid encoding: ", ptr, one);
  if (header == UNDEFINED) return UNDEFINED;
  const head = jsonObject(header, "bad JWT header: ");
  if (head == UNDEFINED) return UNDEFINED;
  if (objectGet(head, asciiString("enc")) != UNDEFINED) {
    return builtinError("JWT is a JWE object, which is not supported");
  }
  const payload = section("JWT payload had invalid encoding: ", ptr + one + 1, two - one - 1);
  if (payload == UNDEFINED) return UNDEFINED;
  const contentType = objectGet(head, asciiString("cty"));
  if (contentType != UNDEFINED && isJwt(contentType)) {
    if (depth >= DEEPEST) return builtinError("JWTs are nested too deeply");
    return decodeToken(unquoted(payload), depth + 1);
  }
  const claims = jsonObject(payload, "");
  if (claims == UNDEFINED) return UNDEFINED;
  const signature = section("JWT signature had invalid encoding: ", ptr + two + 1, n - two - 1);
  if (signature == UNDEFINED) return UNDEFINED;
  const decoded = newArray(3);
  arrayAppend(decoded, head);
  arrayAppend(decoded, claims);
  arrayAppend(decoded, hexOf(stringPtr(signature), stringLength(signature)));
  return decoded;
}

/** Decoded bytes; undefined with `fault` before the reason. */
function section(fault: string, ptr: usize, n: u32): Value {
  const bytes = decodeUrl(newString(ptr, n));
  return bytes != UNDEFINED ? bytes : prefixError(fault);
}

/** The bytes as a JSON object; undefined with `fault` before the reason. */
function jsonObject(bytes: Value, fault: string): Value {
  const value = parseJson(stringPtr(bytes), stringLength(bytes));
  if (value != UNDEFINED && typeOf(value) == TYPE_OBJECT) return value;
  if (value != UNDEFINED) builtinError("decoded JSON type was not an Object");
  else {
    failWith(jsonFault(stringPtr(bytes), stringLength(bytes)), false);
    prefixError("invalid JSON: ");
  }
  return prefixError(fault);
}

function numbered(text: string, n: u32): Value {
  textBegin();
  textInteger(n);
  const digits = textFinish();
  return builtinErrorWith(text, stringPtr(digits), stringLength(digits), "");
}

function isJwt(v: Value): bool {
  if (typeOf(v) != TYPE_STRING || stringLength(v) != 3) return false;
  const ptr = stringPtr(v);
  return load<u8>(ptr) == 74 && load<u8>(ptr, 1) == 87 && load<u8>(ptr, 2) == 84;
}

/** A nested token may stand in quotes. */
function unquoted(v: Value): Value {
  let start = stringPtr(v);
  let end = start + stringLength(v);
  while (start < end && isQuote(load<u8>(start))) start++;
  while (end > start && isQuote(load<u8>(end - 1))) end--;
  return newString(start, <u32>(end - start));
}

function isQuote(c: u32): bool {
  return c == 34 || c == 39;
}
