// What Go's fmt reads between the percent sign and the verb.

export let minus: bool = false;
export let plus: bool = false;
export let sharp: bool = false;
export let space: bool = false;
export let zero: bool = false;
/** `%#v`: the value as Go source. */
export let sharpV: bool = false;
/** `%+v`, of which only big integers know. */
export let plusV: bool = false;
/** -1 where there is none. */
export let width: i32 = -1;
/** -1 where there is none. */
export let precision: i32 = -1;
/** Whether zeros fill up the width on the left. */
export let fillsWithZeros: bool = false;
/** The number that was read last; -1 for none. */
export let numberRead: i32 = -1;

// As Go has it: no number beyond is one.
const largest: i32 = 1_000_000;

export function clearFlags(): void {
  minus = plus = sharp = space = zero = sharpV = plusV = false;
  width = precision = -1;
}

/** Reads the flags; where they end. */
export function readFlags(ptr: usize, n: u32, from: u32): u32 {
  clearFlags();
  let i = from;
  for (; i < n; i++) {
    const c = load<u8>(ptr + i);
    if (c == 45) minus = true;
    else if (c == 43) plus = true;
    else if (c == 35) sharp = true;
    else if (c == 32) space = true;
    else if (c == 48) zero = true;
    else break;
  }
  return i;
}

/** Reads digits; where they end, which is the end of the text for too large a number. */
export function readNumber(ptr: usize, n: u32, from: u32): u32 {
  let i = from;
  let found: i32 = 0;
  for (; i < n; i++) {
    const digit = <u32>load<u8>(ptr + i) - 48;
    if (digit > 9) break;
    if (found > largest) {
      numberRead = -1;
      return n;
    }
    found = found * 10 + <i32>digit;
  }
  numberRead = i > from ? found : -1;
  return i;
}

/** A width from an argument: a negative one fills on the right. */
export function setWidth(wanted: i32): void {
  width = wanted;
  if (wanted < -1) {
    width = -wanted;
    minus = true;
    zero = false;
  }
}

export function setPrecision(wanted: i32): void {
  precision = wanted;
}

/** Of the verb `v` the flags `#` and `+` mean something else. */
export function readAsV(): void {
  sharpV = sharp;
  plusV = plus;
  sharp = plus = false;
}

/** Numbers are filled up by themselves; texts by zeros where the flag says so. */
export function fillWithZeros(wanted: bool): void {
  fillsWithZeros = wanted && zero && !minus;
}
