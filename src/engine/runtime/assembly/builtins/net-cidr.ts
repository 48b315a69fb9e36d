import { builtinError, builtinErrorWith } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { alloc } from "../memory";
import { fromI64 } from "../number";
import { objectKeyAt, objectLength, objectSort, objectValueAt } from "../object";
import { newSet, setAdd, setAt, setLength } from "../set";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  FALSE,
  newArray,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  TRUE,
  TYPE_ARRAY,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { addressWidth, decrement, fillHost, increment, isMapped, readAddress, writeAddress, writeDecimal } from "./ip-address";
import { wantString } from "./operand";

// A network: 16 bytes of address, then u32 prefix of 128 bits (IPv4: from 96),
// u32 1 for a network without a prefix in its text.
const PREFIX: usize = 16;
const BARE: usize = 20;

/** Reads `address/bits`; 0 when the text is no network. */
function readNetwork(ptr: usize, length: u32): usize {
  let slash: u32 = 0;
  while (slash < length && load<u8>(ptr + slash) != 47) slash++;
  if (slash == length) return 0;
  const ip = readAddress(ptr, slash);
  if (ip == 0) return 0;
  let bits: u32 = 0;
  const from = slash + 1;
  if (from == length || length - from > 3) return 0;
  for (let i = from; i < length; i++) {
    const d = <u32>load<u8>(ptr + i) - 48;
    if (d > 9) return 0;
    bits = bits * 10 + d;
  }
  if (bits > addressWidth()) return 0;
  return newNetwork(ip, bits + (128 - addressWidth()), 0);
}

function newNetwork(ip: usize, prefix: u32, bare: u32): usize {
  const network = alloc(24);
  memory.copy(network, ip, 16);
  if (!bare) fillHost(network, prefix, false);
  store<u32>(network, prefix, PREFIX);
  store<u32>(network, bare, BARE);
  return network;
}

function network(v: Value): usize {
  if (!wantString(v, 1)) return 0;
  const found = readNetwork(stringPtr(v), stringLength(v));
  if (found == 0) builtinErrorWith("invalid CIDR address: ", stringPtr(v), stringLength(v), "");
  return found;
}

function contains(net: usize, ip: usize): bool {
  // An IPv6 network of the mapped range is one of IPv4.
  if (isMapped(net) != isMapped(ip)) return false;
  const prefix = load<u32>(net, PREFIX);
  const first = alloc(16);
  memory.copy(first, ip, 16);
  fillHost(first, isMapped(net) ? max<u32>(prefix, 96) : prefix, false);
  return memory.compare(first, net, 16) == 0;
}

function lastOf(net: usize): usize {
  const last = alloc(16);
  memory.copy(last, net, 16);
  fillHost(last, load<u32>(net, PREFIX), true);
  return last;
}

export function builtin_net_cidr_intersects(a: Value, b: Value): Value {
  const left = network(a);
  if (left == 0) return UNDEFINED;
  const right = network(b);
  if (right == 0) return UNDEFINED;
  return toBoolean(contains(left, right) || contains(right, left));
}

export function builtin_net_cidr_contains(cidr: Value, part: Value): Value {
  const outer = network(cidr);
  if (outer == 0 || !wantString(part, 1)) return UNDEFINED;
  const ptr = stringPtr(part);
  const length = stringLength(part);
  const ip = readAddress(ptr, length);
  if (ip != 0) return toBoolean(contains(outer, ip));
  const inner = readNetwork(ptr, length);
  if (inner == 0) {
    return builtinErrorWith("not a valid textual representation of an IP address or CIDR: ", ptr, length, "");
  }
  return toBoolean(contains(outer, inner) && contains(outer, lastOf(inner)));
}

export function builtin_net_cidr_overlap(cidr: Value, part: Value): Value {
  return builtin_net_cidr_contains(cidr, part);
}

export function builtin_net_cidr_is_valid(cidr: Value): Value {
  if (typeOf(cidr) != TYPE_STRING) return FALSE;
  return toBoolean(readNetwork(stringPtr(cidr), stringLength(cidr)) != 0);
}

function addressText(ip: usize): Value {
  const out = alloc(48);
  return newString(out, <u32>(writeAddress(out, ip) - out));
}

export function builtin_net_cidr_expand(cidr: Value): Value {
  const net = network(cidr);
  if (net == 0) return UNDEFINED;
  const set = newSet(0);
  const last = lastOf(net);
  const ip = alloc(16);
  memory.copy(ip, net, 16);
  while (true) {
    chargeFuel(4);
    setAdd(set, addressText(ip));
    if (memory.compare(ip, last, 16) == 0 || !increment(ip)) break;
  }
  return set;
}

/** How many entries an operand of cidr_contains_matches has. */
function entries(v: Value): u32 {
  const type = typeOf(v);
  if (type == TYPE_ARRAY) return arrayLength(v);
  if (type == TYPE_SET) return setLength(v);
  if (type == TYPE_OBJECT) return objectLength(v);
  return type == TYPE_STRING ? 1 : 0;
}

function entryValue(v: Value, i: u32): Value {
  const type = typeOf(v);
  const item = type == TYPE_ARRAY ? arrayAt(v, i) : type == TYPE_SET ? setAt(v, i) : type == TYPE_OBJECT ? objectValueAt(v, i) : v;
  if (typeOf(item) == TYPE_STRING) return item;
  return typeOf(item) == TYPE_ARRAY && arrayLength(item) > 0 ? arrayAt(item, 0) : UNDEFINED;
}

function entryIndex(v: Value, i: u32): Value {
  const type = typeOf(v);
  return type == TYPE_ARRAY ? fromI64(i) : type == TYPE_SET ? setAt(v, i) : type == TYPE_OBJECT ? objectKeyAt(v, i) : v;
}

export function builtin_net_cidr_contains_matches(cidrs: Value, parts: Value): Value {
  if (typeOf(cidrs) == TYPE_OBJECT) objectSort(cidrs);
  if (typeOf(parts) == TYPE_OBJECT) objectSort(parts);
  const found = newSet(0);
  for (let i: u32 = 0; i < entries(cidrs); i++) {
    const cidr = entryValue(cidrs, i);
    if (cidr == UNDEFINED) return builtinError("operand 1: element must be string or non-empty array");
    for (let j: u32 = 0; j < entries(parts); j++) {
      chargeFuel(2);
      const part = entryValue(parts, j);
      if (part == UNDEFINED) return builtinError("operand 2: element must be string or non-empty array");
      const inside = builtin_net_cidr_contains(cidr, part);
      if (inside == UNDEFINED) return UNDEFINED;
      if (inside != TRUE) continue;
      const pair = newArray(2);
      arrayAppend(pair, entryIndex(cidrs, i));
      arrayAppend(pair, entryIndex(parts, j));
      setAdd(found, pair);
    }
  }
  return found;
}

/** An address without prefix is the network of its class, as Go has it. */
function mergeable(v: Value): usize {
  if (typeOf(v) != TYPE_STRING) {
    builtinError("element must be string");
    return 0;
  }
  const ip = readAddress(stringPtr(v), stringLength(v));
  if (ip == 0) return network(v);
  if (!isMapped(ip)) {
    builtinError("IPv6 invalid: needs prefix length");
    return 0;
  }
  const first = load<u8>(ip, 12);
  return newNetwork(ip, first < 0x80 ? 104 : first < 0xc0 ? 112 : 120, 1);
}

// A range: 16 bytes first, 16 bytes last, u32 network or 0 once merged.
const LAST: usize = 16;
const NETWORK: usize = 32;

function rangeOf(net: usize): usize {
  const range = alloc(36);
  const prefix = load<u32>(net, PREFIX);
  memory.copy(range, net, 16);
  fillHost(range, prefix, false);
  memory.copy(range + LAST, range, 16);
  fillHost(range + LAST, prefix, true);
  store<u32>(range, <u32>net, NETWORK);
  return range;
}

function compareRanges(a: usize, b: usize): i32 {
  const order = memory.compare(a + LAST, b + LAST, 16);
  return order != 0 ? order : memory.compare(a, b, 16);
}

function isFirstOfAll(ip: usize): bool {
  return load<u64>(ip, 8) == 0 ? load<u64>(ip) == 0 : isMapped(ip) && load<u32>(ip, 12) == 0;
}

export function builtin_net_cidr_merge(list: Value): Value {
  const type = typeOf(list);
  if (type != TYPE_ARRAY && type != TYPE_SET) return builtinError("operand must be an array");
  const n = entries(list);
  const ranges = alloc(<usize>n << 2);
  for (let i: u32 = 0; i < n; i++) {
    const net = mergeable(type == TYPE_ARRAY ? arrayAt(list, i) : setAt(list, i));
    if (net == 0) return UNDEFINED;
    const range = rangeOf(net);
    let j = i;
    while (j > 0 && compareRanges(<usize>load<u32>(ranges + (<usize>(j - 1) << 2)), range) > 0) {
      chargeFuel(1);
      store<u32>(ranges + (<usize>j << 2), load<u32>(ranges + (<usize>(j - 1) << 2)));
      j--;
    }
    store<u32>(ranges + (<usize>j << 2), <u32>range);
  }
  const merged = newSet(0);
  if (n == 0) return merged;
  // From the last to the first: a range takes the one before it when they touch.
  let current = <usize>load<u32>(ranges + (<usize>(n - 1) << 2));
  const before = alloc(16);
  for (let i: i32 = <i32>n - 2; i >= 0; i--) {
    const previous = <usize>load<u32>(ranges + (<usize>i << 2));
    memory.copy(before, current, 16);
    if (!isFirstOfAll(before)) decrement(before);
    if (memory.compare(before, previous + LAST, 16) <= 0) {
      if (memory.compare(current, previous, 16) < 0) memory.copy(previous, current, 16);
      memory.copy(previous + LAST, current + LAST, 16);
      store<u32>(previous, 0, NETWORK);
    } else {
      addRange(merged, current);
    }
    current = previous;
  }
  addRange(merged, current);
  return merged;
}

function addRange(set: Value, range: usize): void {
  const net = <usize>load<u32>(range, NETWORK);
  if (net != 0) {
    setAdd(set, networkText(net, load<u32>(net, PREFIX)));
    return;
  }
  const first = alloc(16);
  memory.copy(first, range, 16);
  const end = alloc(16);
  const least: u32 = isMapped(first) ? 96 : 0;
  // Each time the largest block that begins here and ends in the range.
  while (true) {
    let prefix: u32 = 128;
    while (prefix > least) {
      memory.copy(end, first, 16);
      fillHost(end, prefix - 1, false);
      if (memory.compare(end, first, 16) != 0) break;
      fillHost(end, prefix - 1, true);
      if (memory.compare(end, range + LAST, 16) > 0) break;
      prefix--;
    }
    setAdd(set, networkText(first, prefix));
    fillHost(first, prefix, true);
    if (memory.compare(first, range + LAST, 16) >= 0 || !increment(first)) return;
  }
}

function networkText(ip: usize, prefix: u32): Value {
  const out = alloc(52);
  let at = writeAddress(out, ip);
  store<u8>(at++, 47);
  at = writeDecimal(at, isMapped(ip) ? prefix - 96 : prefix);
  return newString(out, <u32>(at - out));
}
