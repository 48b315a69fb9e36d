// Whether a text is an IPv6 address as Go's netip reads it, and if not, why.

let reason: string = "";
let restPtr: usize = 0;
let restLength: u32 = 0;

/** Go's words for why the last text is no address; "" when it is one of IPv4. */
export function addressReason(): string {
  return reason;
}
/** The part of the text that the words are about; its length may be 0. */
export function addressRestPtr(): usize {
  return restPtr;
}
export function addressRestLength(): u32 {
  return restLength;
}

function no(text: string, ptr: usize, n: u32): bool {
  reason = text;
  restPtr = ptr;
  restLength = n;
  return false;
}

export function isIpv6(ptr: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) {
    const c = load<u8>(ptr + i);
    if (c == 46) return readFour(ptr, n) ? no("", ptr, 0) : false;
    if (c == 58) return readSix(ptr, n);
    if (c == 37) return no("missing IPv6 address", ptr, 0);
  }
  return no("unable to parse IP", ptr, 0);
}

function readFour(ptr: usize, n: u32): bool {
  let value: u32 = 0;
  let digits: u32 = 0;
  let fields: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c - 48 <= 9) {
      if (digits == 1 && value == 0) return no("IPv4 field has octet with leading zero", ptr, 0);
      value = value * 10 + c - 48;
      digits++;
      if (value > 255) return no("IPv4 field has value >255", ptr, 0);
    } else if (c == 46) {
      if (i == 0 || i == n - 1 || load<u8>(ptr + i - 1) == 46) {
        return no("IPv4 field must have at least one digit", ptr + i, n - i);
      }
      if (fields == 3) return no("IPv4 address too long", ptr, 0);
      fields++;
      value = 0;
      digits = 0;
    } else return no("unexpected character", ptr + i, n - i);
  }
  return fields < 3 ? no("IPv4 address too short", ptr, 0) : true;
}

function isHex(c: u32): bool {
  return c - 48 <= 9 || (c | 32) - 97 <= 5;
}

function readSix(ptr: usize, length: u32): bool {
  let n: u32 = 0;
  while (n < length && load<u8>(ptr + n) != 37) n++;
  if (n + 1 == length) return no("zone must be a non-empty string", ptr, 0);
  let i: u32 = 0;
  let at: u32 = 0;
  let gap = false;
  if (n >= 2 && load<u8>(ptr) == 58 && load<u8>(ptr, 1) == 58) {
    gap = true;
    i = 2;
    if (i == n) return true;
  }
  while (at < 16) {
    const from = i;
    while (i < n && isHex(load<u8>(ptr + i))) {
      if (i - from > 3) return no("each group must have 4 or less digits", ptr + from, n - from);
      i++;
    }
    if (i == from) return no("each colon-separated field must have at least one digit", ptr + from, n - from);
    if (i < n && load<u8>(ptr + i) == 46) {
      if (!gap && at != 12) {
        return no("embedded IPv4 address must replace the final 2 fields of the address", ptr + from, n - from);
      }
      if (at > 12) return no("too many hex fields to fit an embedded IPv4 at the end of the address", ptr + from, n - from);
      if (!readFour(ptr + from, n - from)) return false;
      i = n;
      at += 4;
      break;
    }
    at += 2;
    if (i == n) break;
    if (load<u8>(ptr + i) != 58) return no("unexpected character, want colon", ptr + i, n - i);
    if (i + 1 == n) return no("colon must be followed by more characters", ptr + i, n - i);
    i++;
    if (load<u8>(ptr + i) == 58) {
      if (gap) return no("multiple :: in address", ptr + i, n - i);
      gap = true;
      i++;
      if (i == n) break;
    }
  }
  if (i < n) return no("trailing garbage after address", ptr + i, n - i);
  if (at < 16 && !gap) return no("address string too short", ptr, 0);
  return at < 16 || !gap ? true : no("the :: must expand to at least one field of zeros", ptr, 0);
}
