// The first fault of a pattern: Go's words, and the part of the pattern.

export const NONE: string = "";
let words: string = NONE;
let partPtr: usize = 0;
let partLength: u32 = 0;

export function clearFault(): void {
  words = NONE;
}

/** Records the fault unless there is one. */
export function fault(text: string, from: usize, to: usize): void {
  if (words.length > 0) return;
  words = text;
  partPtr = from;
  partLength = <u32>(to - from);
}

@inline
export function isFaulty(): bool {
  return words.length > 0;
}

export function faultWords(): string {
  return words;
}
export function faultPtr(): usize {
  return partPtr;
}
export function faultLength(): u32 {
  return partLength;
}
