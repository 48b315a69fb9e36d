import { writeCodePoint } from "../json-text";
import { alloc } from "../memory";
import { newString, stringLength, stringPtr, Value } from "../value";

// A text under construction at the top of the heap. One at a time, and no
// other allocation until textFinish, unless textHold has been called.

let start: usize = 0;
let at: usize = 0;
let room: usize = 0;

export function textBegin(): void {
  room = 128;
  start = alloc(room);
  at = start;
}

function ensure(more: usize): void {
  const used = at - start;
  if (used + more <= room) return;
  const wider = (used + more) * 2;
  // The builder may not be at the top any more: it moves.
  const moved = alloc(wider);
  memory.copy(moved, start, used);
  start = moved;
  at = moved + used;
  room = wider;
}

export function textByte(c: u32): void {
  ensure(1);
  store<u8>(at++, <u8>c);
}

export function textBytes(ptr: usize, length: u32): void {
  ensure(length);
  memory.copy(at, ptr, length);
  at += length;
}

/** A code point as UTF-8. */
export function textRune(rune: u32): void {
  ensure(4);
  at = writeCodePoint(at, rune);
}

export function textValue(v: Value): void {
  textBytes(stringPtr(v), stringLength(v));
}

export function textAscii(text: string): void {
  const n = text.length;
  ensure(<usize>n);
  for (let i = 0; i < n; i++) store<u8>(at++, <u8>text.charCodeAt(i));
}

/** Decimal digits. */
export function textInteger(n: u32): void {
  if (n >= 10) textInteger(n / 10);
  textByte(48 + (n % 10));
}

export function textLength(): u32 {
  return <u32>(at - start);
}

export function textFinish(): Value {
  return newString(start, <u32>(at - start));
}

/** State of an outer text while an inner one is built. */
export function textHold(slot: usize): void {
  store<u32>(slot, <u32>start);
  store<u32>(slot, <u32>at, 4);
  store<u32>(slot, <u32>room, 8);
}

export function textResume(slot: usize): void {
  start = <usize>load<u32>(slot);
  at = <usize>load<u32>(slot, 4);
  room = <usize>load<u32>(slot, 8);
}

/** A string value of static ASCII text. */
export function asciiString(text: string): Value {
  const n = text.length;
  const ptr = alloc(<usize>n);
  for (let i = 0; i < n; i++) store<u8>(ptr + i, <u8>text.charCodeAt(i));
  return newString(ptr, <u32>n);
}
