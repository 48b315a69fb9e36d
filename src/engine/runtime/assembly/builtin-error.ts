import { opa_abort, opa_println } from "./env";
import { alloc } from "./memory";
import {
  content,
  count,
  TYPE_ARRAY,
  TYPE_BOOLEAN,
  TYPE_NULL,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "./value";

/** 1: a failed builtin aborts; 2: it is told and undefined; 0: it is undefined. */
export let strict_builtin_errors: i32 = 0;

// The pending error: a NUL-terminated text in the arena, 0 for none.
let pending: usize = 0;
let pendingLength: u32 = 0;
let isTypeError: bool = false;

const TYPE_CODE = "eval_type_error: ";
const BUILTIN_CODE = "eval_builtin_error: ";

export function clearError(): void {
  pending = 0;
}

/** Records why a builtin failed; ASCII text. Returns undefined. */
export function builtinError(text: string): Value {
  begin(false);
  writeAscii(text);
  return UNDEFINED;
}

/** The same with bytes in the middle. */
export function builtinErrorWith(before: string, ptr: usize, length: u32, after: string): Value {
  begin(false);
  writeAscii(before);
  writeBytes(ptr, length);
  writeAscii(after);
  return UNDEFINED;
}

/** Puts words before the pending error. */
export function prefixError(before: string): Value {
  const text = pending;
  const length = pendingLength;
  begin(isTypeError);
  writeAscii(before);
  writeBytes(text, length);
  return UNDEFINED;
}

/** Why, as a string value: a builtin error, or a type error. */
export function failWith(text: Value, ofType: bool): Value {
  begin(ofType);
  writeBytes(content(text), count(text));
  return UNDEFINED;
}

/** `operand 1 must be string but got number`. */
export function typeError(operand: i32, want: string, got: Value): Value {
  begin(true);
  writeAscii("operand ");
  writeDigit(operand);
  writeAscii(" must be ");
  writeAscii(want);
  writeAscii(" but got ");
  writeAscii(typeName(got));
  return UNDEFINED;
}

/** `operand 1 ` and free text, counted as a type error. */
export function operandFault(operand: i32, text: string): Value {
  begin(true);
  writeAscii("operand ");
  writeDigit(operand);
  writeAscii(" ");
  writeAscii(text);
  return UNDEFINED;
}

/** `operand 1 must be ` and free text, counted as a type error. */
export function operandError(operand: i32, text: string): Value {
  begin(true);
  writeAscii("operand ");
  writeDigit(operand);
  writeAscii(" must be ");
  writeAscii(text);
  return UNDEFINED;
}

/** Records why a builtin of the host failed: UTF-8 text that stays where it is. */
export function portcullis_builtin_error(text: usize, length: u32, ofType: i32): void {
  begin(ofType != 0);
  writeBytes(text, length);
}

export function typeName(v: Value): string {
  switch (typeOf(v)) {
    case TYPE_NULL:
      return "null";
    case TYPE_BOOLEAN:
      return "boolean";
    case TYPE_NUMBER:
      return "number";
    case TYPE_STRING:
      return "string";
    case TYPE_ARRAY:
      return "array";
    case TYPE_OBJECT:
      return "object";
    case TYPE_SET:
      return "set";
    default:
      return "any";
  }
}

let room: u32 = 0;

function begin(ofType: bool): void {
  room = 256;
  pending = alloc(room);
  pendingLength = 0;
  isTypeError = ofType;
}

function ensure(more: u32): void {
  if (pendingLength + more + 1 <= room) return;
  const wider = (pendingLength + more + 1) * 2;
  const moved = alloc(wider);
  memory.copy(moved, pending, pendingLength);
  pending = moved;
  room = wider;
}

function writeAscii(text: string): void {
  const n = text.length;
  ensure(<u32>n);
  for (let i = 0; i < n; i++) store<u8>(pending + pendingLength++, <u8>text.charCodeAt(i));
}

function writeBytes(ptr: usize, length: u32): void {
  ensure(length);
  memory.copy(pending + pendingLength, ptr, length);
  pendingLength += length;
}

function writeDigit(digit: i32): void {
  ensure(1);
  store<u8>(pending + pendingLength++, <u8>(48 + digit));
}

/**
 * After a builtin gave undefined: aborts with place, code, name and text when
 * an error is pending and errors are raised, prints the same when they are
 * told; else forgets it. `place` is the NUL-terminated `file:row:col: `, `name` the builtin's name and `: `.
 */
export function rt_builtin_failed(place: usize, name: usize): void {
  if (pending == 0) return;
  const text = pending;
  const length = pendingLength;
  pending = 0;
  if (!strict_builtin_errors) return;
  room = 1024 + length;
  pending = alloc(room);
  pendingLength = 0;
  writeBytes(place, lengthOf(place));
  writeAscii(isTypeError ? TYPE_CODE : BUILTIN_CODE);
  writeBytes(name, lengthOf(name));
  writeBytes(text, length);
  store<u8>(pending + pendingLength, 0);
  const all = pending;
  pending = 0;
  if (strict_builtin_errors == 2) {
    opa_println(all);
    return;
  }
  opa_abort(all);
  unreachable();
}

function lengthOf(text: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(text + n)) n++;
  return n;
}

/** Never returns. */
export function rt_abort(text: usize): void {
  opa_abort(text);
  unreachable();
}
