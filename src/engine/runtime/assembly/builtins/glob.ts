import { builtinErrorWith, typeError } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { alloc, allocKept, heapTop, keptFree, keptGeneration, resetKept, setHeapTop } from "../memory";
import {
  arrayAt,
  arrayLength,
  NULL,
  stringLength,
  stringPtr,
  TYPE_ARRAY,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { elementError } from "./element-error";
import { compileGlob } from "./glob/compile";
import { globAnswer } from "./glob/match";
import { Matcher, packedSize, packMatcher } from "./glob/matcher";
import { globFault, globFaultHigh, globFaultLow, parseGlob } from "./glob/parse";
import { wantString } from "./operand";
import { List } from "./regex/list";
import { runeAt, runeSize } from "./strings";
import { textAscii, textBegin, textByte, textFinish, textRune } from "./text";

// Globs kept between decisions: 256 places of {u32 pattern, u32 length, u32
// delimiters, u32 length, u32 matcher}.
const PLACES: u32 = 256;
const PLACE: usize = 20;
const PROBES: u32 = 8;
const LEAST_FREE: usize = 64 * 1024;
let table: usize = 0;
let generation: u32 = 0;

// The delimiters of the call, as code points.
let delimiters: List = changetype<List>(0);
// @ts-ignore: static data
const FEW = memory.data(64);

function wantDelimiters(v: Value): bool {
  if (v == NULL) return true;
  if (typeOf(v) != TYPE_ARRAY) {
    typeError(2, "one of {array, null}", v);
    return false;
  }
  for (let i: u32 = 0; i < arrayLength(v); i++) {
    const one = arrayAt(v, i);
    if (typeOf(one) != TYPE_STRING) {
      elementError(2, "string", v, one);
      return false;
    }
    if (stringLength(one) == 0 || runeSize(stringPtr(one)) != stringLength(one)) {
      elementError(2, "rune", v, one);
      return false;
    }
  }
  return true;
}

/** Without an array there are none; an empty one is a dot. */
function readDelimiters(v: Value): void {
  if (changetype<usize>(delimiters) == 0) delimiters = changetype<List>(FEW);
  const n: u32 = v == NULL ? 0 : arrayLength(v);
  delimiters.items = n <= 12 ? FEW + 16 : alloc(<usize>n << 2);
  delimiters.room = n;
  delimiters.length = n;
  for (let i: u32 = 0; i < n; i++) delimiters.put(i, runeAt(stringPtr(arrayAt(v, i))));
  if (v == NULL || n > 0) return;
  delimiters.length = 1;
  delimiters.put(0, 46);
}

function hash(ptr: usize, length: u32): u32 {
  let h: u64 = 0xcbf29ce484222325 ^ length;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) {
    h = (h ^ load<u64>(ptr + i)) * 0x9e3779b97f4a7c15;
    h ^= h >>> 29;
  }
  for (; i < length; i++) h = (h ^ load<u8>(ptr + i)) * 0x100000001b3;
  for (let k: u32 = 0; k < delimiters.length; k++) h = (h ^ delimiters.at(k)) * 0x100000001b3;
  return <u32>(h ^ (h >>> 32));
}

function isAt(place: usize, ptr: usize, length: u32): bool {
  return load<u32>(place) != 0 && load<u32>(place, 4) == length && load<u32>(place, 12) == delimiters.length &&
    memory.compare(<usize>load<u32>(place), ptr, length) == 0 &&
    memory.compare(<usize>load<u32>(place, 8), delimiters.items, <usize>delimiters.length << 2) == 0;
}

/** The place of the glob; else a free one, or the one that is given up for it. */
function placeOf(ptr: usize, length: u32): usize {
  const first = hash(ptr, length);
  let free: usize = 0;
  for (let i: u32 = 0; i < PROBES; i++) {
    const place = table + <usize>((first + i) % PLACES) * PLACE;
    if (isAt(place, ptr, length)) return place;
    if (free == 0 && load<u32>(place) == 0) free = place;
  }
  return free != 0 ? free : table + <usize>(first % PLACES) * PLACE;
}

function newTable(): void {
  if (keptFree() < LEAST_FREE) resetKept();
  table = allocKept(<usize>PLACES * PLACE);
  memory.fill(table, 0, <usize>PLACES * PLACE);
  generation = keptGeneration();
}

/** The matcher of a glob with `delimiters`; null with the fault recorded. */
function matcherOf(ptr: usize, length: u32): Matcher | null {
  if (table == 0 || generation != keptGeneration()) newTable();
  let place = placeOf(ptr, length);
  if (isAt(place, ptr, length)) return changetype<Matcher>(<usize>load<u32>(place, 16));
  chargeFuel(64 + <i32>min<u32>(length, 0x0fffffff) * 4);
  const tree = parseGlob(ptr, length);
  if (!tree) return null;
  const made = compileGlob(tree, delimiters);
  const size = packedSize(made);
  const key = (<usize>delimiters.length << 2) + length + 8;
  if (keptFree() < size + key + 64) {
    resetKept();
    newTable();
    place = placeOf(ptr, length);
  }
  const kept = allocKept(size + key);
  // Larger than all the room there is: it lives for this call only.
  if (kept == 0) return packed(made, alloc(size));
  const delimiterCopy = kept + size;
  const patternCopy = delimiterCopy + (<usize>delimiters.length << 2);
  memory.copy(delimiterCopy, delimiters.items, <usize>delimiters.length << 2);
  memory.copy(patternCopy, ptr, length);
  store<u32>(place, <u32>patternCopy);
  store<u32>(place, length, 4);
  store<u32>(place, <u32>delimiterCopy, 8);
  store<u32>(place, delimiters.length, 12);
  store<u32>(place, <u32>kept, 16);
  return packed(made, kept);
}

function packed(made: Matcher, to: usize): Matcher {
  packMatcher(made, to);
  return changetype<Matcher>(to);
}

function globError(): Value {
  const words = globFault();
  textBegin();
  textAscii(words);
  if (globFaultHigh() != 0) {
    textRune(globFaultHigh());
    textAscii("' should be greater than lo '");
    textRune(globFaultLow());
    textByte(39);
  }
  const text = textFinish();
  return builtinErrorWith("", stringPtr(text), stringLength(text), "");
}

export function builtin_glob_match(pattern: Value, separators: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantDelimiters(separators) || !wantString(text, 3)) return UNDEFINED;
  readDelimiters(separators);
  const top = heapTop();
  const matcher = matcherOf(stringPtr(pattern), stringLength(pattern));
  if (!matcher) return globError();
  const answer = globAnswer(matcher, text);
  setHeapTop(top);
  return answer;
}

/** A backslash before each character that means something in a glob. */
export function builtin_glob_quote_meta(pattern: Value): Value {
  if (!wantString(pattern, 1)) return UNDEFINED;
  const ptr = stringPtr(pattern);
  textBegin();
  for (let i: u32 = 0; i < stringLength(pattern); i++) {
    const c = load<u8>(ptr + i);
    if (isSpecial(c)) textByte(92);
    textByte(c);
  }
  return textFinish();
}

/** * ? \ [ ] { } */
function isSpecial(c: u32): bool {
  return c == 42 || c == 63 || (c >= 91 && c <= 93) || c == 123 || c == 125;
}
