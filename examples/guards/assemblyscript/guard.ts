// Denies requests outside office hours: from the hour `from` up to, not
// including, the hour `to` of the configuration, in UTC.

@external("portcullis", "config")
declare function hostConfig(key: usize, keyLength: u32, room: usize, roomLength: u32): i32;
@external("portcullis", "now")
declare function hostNow(): i64;

export function guard_abi_version(): i32 {
  return 1;
}

// Nothing is freed: each call begins on memory of its own.
export function guard_alloc(size: i32): usize {
  return heap.alloc(size);
}

const hourNs: i64 = 3_600_000_000_000;

export function guard_evaluate(_at: usize, _length: i32): u64 {
  const hour = <i32>(hostNow() / hourNs % 24);
  const from = setting("from", 8);
  const to = setting("to", 18);
  return from <= hour && hour < to
    ? verdict("true")
    : verdict(
        `{"allowed":false,"code":"closed","reason":"open from ${from} to ${to} o'clock, and it is ${hour}"}`,
      );
}

/** A whole number of the configuration. */
function setting(name: string, fallback: i32): i32 {
  const key = String.UTF8.encode(name);
  const room = new ArrayBuffer(16);
  const length = hostConfig(changetype<usize>(key), key.byteLength, changetype<usize>(room), room.byteLength);
  return length < 0 || length > room.byteLength
    ? fallback
    : <i32>parseInt(String.UTF8.decodeUnsafe(changetype<usize>(room), length));
}

/** Where a text lies, and how long it is. */
function verdict(text: string): u64 {
  const bytes = String.UTF8.encode(text);
  return (<u64>changetype<usize>(bytes)) << 32 | bytes.byteLength;
}
