import { chargeFuel } from "./fuel";
import { fromOffset, openStack, stackHas, toOffset, widenStack } from "./json-stack";
import { skipValue } from "./json-skip";
import {
  cursor,
  MAX_DEPTH,
  moveCursor,
  openText,
  parseLongString,
  parseNumber,
  word,
} from "./json-text";
import { alloc } from "./memory";
import { bytesPrefix, newObject, objectFromEntries } from "./object";
import { projectElements, projectKey, SKIP } from "./projection";
import { skipPlain, specialBytes } from "./scan";
import {
  arrayHeader,
  FALSE,
  newArray,
  newString,
  NULL,
  stringLength,
  stringPtr,
  TRUE,
  TYPE_ARRAY,
  TYPE_OBJECT,
  UNDEFINED,
  Value,
} from "./value";

// Reads JSON without recursion. What is read of an open collection waits on a
// stack, so that a value is made once, with exactly the room that it needs.
// A frame: +0 u32 offset of the frame around it, +4 u32 offset of the top
// before it, +8 u32 type, +12 u32 projection, +16 u64 bits of the keys seen,
// +24 the entries or items. +9 is 1 when two keys may be the same.
const FRAME: usize = 24;
// Room for a frame and an entry, wherever the top is.
const MARGIN: usize = 64;

const VALUE: u32 = 0;
const KEY: u32 = 1;
const READ: u32 = 2;

/** Reads one document; undefined when the text is not well formed. */
export function parseJson(ptr: usize, length: u32): Value {
  return parseProjected(ptr, length, TRUE);
}

/** The same, leaving out what the projection does not name. */
export function parseProjected(ptr: usize, length: u32, projection: Value): Value {
  const end = ptr + length;
  openText(ptr, end);
  chargeFuel(<i32>(length >>> 4));
  let at = ptr;
  let top = openStack();
  let frame: usize = 0;
  let depth = 0;
  let wanted = projection;
  let state = VALUE;
  let v: Value = UNDEFINED;

  while (true) {
    if (state == VALUE) {
      at = blankEnd(at, end);
      const c = at < end ? <u32>load<u8>(at) : 0;
      state = READ;
      if (c == 34) {
        const from = at + 1;
        at = plainEnd(from, end);
        if (at < end && load<u8>(at) == 34) {
          v = newString(from, <u32>(at - from));
          at++;
        } else {
          moveCursor(at);
          v = longString(from, end);
          if (v == UNDEFINED) return UNDEFINED;
          at = cursor();
        }
      } else if (c == 123 || c == 91) {
        if (++depth > MAX_DEPTH) return UNDEFINED;
        at = blankEnd(at + 1, end);
        if (at < end && load<u8>(at) == c + 2) {
          at++;
          depth--;
          v = c == 123 ? newObject(0) : newArray(0);
        } else {
          if (!stackHas(top, MARGIN)) {
            const moved = widenStack();
            top += moved;
            if (frame != 0) frame += moved;
          }
          const start = (top + 7) & ~7;
          store<u32>(start, frame == 0 ? 0 : toOffset(frame));
          store<u32>(start, toOffset(top), 4);
          store<u32>(start, c == 123 ? TYPE_OBJECT : TYPE_ARRAY, 8);
          store<u32>(start, wanted, 12);
          store<u64>(start, 0, 16);
          frame = start;
          top = start + FRAME;
          if (c == 123) {
            state = KEY;
          } else {
            wanted = projectElements(wanted);
            state = VALUE;
            if (wanted == SKIP) {
              moveCursor(at);
              if (!skipValue(depth)) return UNDEFINED;
              at = cursor();
              v = NULL;
              state = READ;
            }
          }
        }
      } else {
        moveCursor(at);
        v = scalar(c, end);
        if (v == UNDEFINED) return UNDEFINED;
        at = cursor();
      }
    } else if (state == KEY) {
      at = blankEnd(at, end);
      if (at >= end || load<u8>(at) != 34) return UNDEFINED;
      let from = at + 1;
      at = plainEnd(from, end);
      let size = <u32>(at - from);
      let key: Value = UNDEFINED;
      if (at < end && load<u8>(at) == 34) {
        at++;
      } else {
        moveCursor(at);
        key = longString(from, end);
        if (key == UNDEFINED) return UNDEFINED;
        at = cursor();
        from = stringPtr(key);
        size = stringLength(key);
      }
      at = blankEnd(at, end);
      if (at >= end || load<u8>(at) != 58) return UNDEFINED;
      at++;
      const prefix = bytesPrefix(from, size);
      const around = load<u32>(frame, 12);
      wanted = around == TRUE ? TRUE : projectKey(around, prefix, from, size);
      if (wanted == SKIP) {
        moveCursor(at);
        if (!skipValue(depth)) return UNDEFINED;
        at = blankEnd(cursor(), end);
        const c = at < end ? <u32>load<u8>(at) : 0;
        at++;
        if (c == 44) continue;
        if (c != 125) return UNDEFINED;
        v = closeFrame(frame, top);
        top = fromOffset(load<u32>(frame, 4));
        frame = enclosing(frame);
        depth--;
        state = READ;
      } else {
        if (key == UNDEFINED) key = newString(from, size);
        if (!stackHas(top, MARGIN)) {
          const moved = widenStack();
          top += moved;
          frame += moved;
        }
        store<u64>(top, prefix);
        store<u32>(top, key, 8);
        noteKey(frame, top, prefix);
        top += 16;
        state = VALUE;
      }
    } else {
      // A value is complete; with it perhaps the collection around it.
      if (frame == 0) return blankEnd(at, end) == end ? v : UNDEFINED;
      at = blankEnd(at, end);
      const c = at < end ? <u32>load<u8>(at) : 0;
      at++;
      if (load<u8>(frame, 8) == TYPE_OBJECT) {
        store<u32>(top - 4, v);
        if (c == 44) {
          state = KEY;
          continue;
        }
        if (c != 125) return UNDEFINED;
      } else {
        if (!stackHas(top, MARGIN)) {
          const moved = widenStack();
          top += moved;
          frame += moved;
        }
        store<u32>(top, v);
        top += 4;
        if (c == 44) {
          wanted = projectElements(load<u32>(frame, 12));
          state = VALUE;
          if (wanted == SKIP) {
            moveCursor(at);
            if (!skipValue(depth)) return UNDEFINED;
            at = cursor();
            v = NULL;
            state = READ;
          }
          continue;
        }
        if (c != 93) return UNDEFINED;
      }
      v = closeFrame(frame, top);
      top = fromOffset(load<u32>(frame, 4));
      frame = enclosing(frame);
      depth--;
    }
  }
}

@inline
function enclosing(frame: usize): usize {
  const offset = load<u32>(frame);
  return offset == 0 ? 0 : fromOffset(offset);
}

@inline
function blankEnd(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const c = load<u8>(at);
    if (c > 32 || (c != 32 && c != 10 && c != 13 && c != 9)) break;
    at++;
  }
  return at;
}

/** Where a plain run in a string ends; most end within sixteen bytes. */
@inline
function plainEnd(from: usize, end: usize): usize {
  if (from + 16 <= end) {
    const special = specialBytes(from);
    if (special != 0) return from + <usize>ctz(special);
  }
  return skipPlain(from, end);
}

/** A string of which the cursor stands at the first byte that is not plain. */
function longString(from: usize, end: usize): Value {
  return cursor() < end && load<u8>(cursor()) >= 32 ? parseLongString(from) : UNDEFINED;
}

/** A number or a word at the cursor. */
function scalar(c: u32, end: usize): Value {
  if (c == 45 || c - 48 <= 9) return parseNumber();
  if (c == 116) return word(0x65757274, 4) ? TRUE : UNDEFINED;
  if (c == 110) return word(0x6c6c756e, 4) ? NULL : UNDEFINED;
  const at = cursor();
  const isFalse = c == 102 && end - at >= 5 && load<u8>(at, 4) == 101 && word(0x736c6166, 5);
  return isFalse ? FALSE : UNDEFINED;
}

/** Marks the frame when this key may have been there before. */
@inline
function noteKey(frame: usize, entry: usize, prefix: u64): void {
  // Fibonacci hashing to one of 64 bits.
  const bit = (<u64>1) << ((prefix * 0x9e3779b97f4a7c15) >>> 58);
  const seen = load<u64>(frame, 16);
  if (seen & bit) lookForKey(frame, entry, prefix);
  else store<u64>(frame, seen | bit, 16);
}

function lookForKey(frame: usize, entry: usize, prefix: u64): void {
  for (let other = frame + FRAME; other < entry; other += 16) {
    if (load<u64>(other) == prefix) {
      store<u8>(frame, 1, 9);
      return;
    }
  }
}

/** The value of a frame whose collection has ended. */
function closeFrame(frame: usize, top: usize): Value {
  const from = frame + FRAME;
  const bytes = top - from;
  // One piece: the header, then the content.
  const v = alloc(16 + ((bytes + 7) & ~7));
  const to = v + 16;
  if (load<u8>(frame, 8) == TYPE_ARRAY) {
    copyWords(to, from, bytes);
    arrayHeader(v, <u32>(bytes >>> 2));
    return <Value>v;
  }
  return objectFromEntries(v, from, <u32>(bytes >>> 4), load<u8>(frame, 9) == 1);
}

function copyWords(to: usize, from: usize, bytes: usize): void {
  if (bytes > 512) {
    memory.copy(to, from, bytes);
    return;
  }
  for (let i: usize = 0; i < bytes; i += 8) store<u64>(to + i, load<u64>(from + i));
}
