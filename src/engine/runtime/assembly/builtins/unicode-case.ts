// Simple case mapping beyond ASCII: Latin-1, Latin Extended-A, Greek and
// Cyrillic, where upper and lower stand at fixed distances.

export function lowerRune(r: u32): u32 {
  if ((r >= 0xc0 && r <= 0xde && r != 0xd7) || (r >= 0x391 && r <= 0x3ab && r != 0x3a2)) return r + 32;
  if (r >= 0x410 && r <= 0x42f) return r + 32;
  if (r >= 0x400 && r <= 0x40f) return r + 80;
  if (isPaired(r)) return (r & 1) == pairedUpper(r) ? r + 1 : r;
  if (r == 0x178) return 0xff;
  return r;
}

export function upperRune(r: u32): u32 {
  if ((r >= 0xe0 && r <= 0xfe && r != 0xf7) || (r >= 0x3b1 && r <= 0x3cb && r != 0x3c2)) return r - 32;
  if (r >= 0x430 && r <= 0x44f) return r - 32;
  if (r >= 0x450 && r <= 0x45f) return r - 80;
  if (isPaired(r)) return (r & 1) == pairedUpper(r) ? r : r - 1;
  if (r == 0xff) return 0x178;
  if (r == 0xb5) return 0x39c;
  if (r == 0x3c2) return 0x3a3;
  return r;
}

/** Neighbours in pairs, upper case first. */
function isPaired(r: u32): bool {
  return (
    (r >= 0x100 && r <= 0x137 && r != 0x130 && r != 0x131) || (r >= 0x139 && r <= 0x148) ||
    (r >= 0x14a && r <= 0x177) || (r >= 0x179 && r <= 0x17e) || (r >= 0x460 && r <= 0x481) ||
    (r >= 0x48a && r <= 0x4bf) || (r >= 0x4d0 && r <= 0x52f)
  );
}

function pairedUpper(r: u32): u32 {
  return (r >= 0x139 && r <= 0x148) || (r >= 0x179 && r <= 0x17e) ? 1 : 0;
}
