import { chargeFuel } from "../fuel";
import { alloc } from "../memory";
import { stringLength, stringPtr, toBoolean, UNDEFINED, Value } from "../value";
import { hexOf } from "./encoding";
import { md5, sha1, sha256 } from "./hash";
import { wantString } from "./operand";
import { sha512 } from "./sha512";

// HMAC (RFC 2104): a hash is known by the bytes of its digest.

const MD5: u32 = 16;
const SHA1: u32 = 20;
const SHA256: u32 = 32;
const SHA512: u32 = 64;

function digest(size: u32, ptr: usize, n: u32): usize {
  chargeFuel(1 + <i32>(n >>> 4));
  if (size == MD5) return md5(ptr, n);
  if (size == SHA1) return sha1(ptr, n);
  return size == SHA256 ? sha256(ptr, n) : sha512(ptr, n);
}

function hmac(message: Value, key: Value, size: u32): Value {
  if (!wantString(message, 1) || !wantString(key, 2)) return UNDEFINED;
  const block: u32 = size == SHA512 ? 128 : 64;
  let keyPtr = stringPtr(key);
  let keyLength = stringLength(key);
  if (keyLength > block) {
    keyPtr = digest(size, keyPtr, keyLength);
    keyLength = size;
  }
  const n = stringLength(message);
  const inner = alloc(<usize>block + n);
  const outer = alloc(<usize>block + size);
  for (let i: u32 = 0; i < block; i++) {
    const c = i < keyLength ? <u32>load<u8>(keyPtr + i) : 0;
    store<u8>(inner + i, <u8>(c ^ 0x36));
    store<u8>(outer + i, <u8>(c ^ 0x5c));
  }
  memory.copy(inner + block, stringPtr(message), n);
  memory.copy(outer + block, digest(size, inner, block + n), size);
  return hexOf(digest(size, outer, block + size), size);
}

export function builtin_crypto_hmac_md5(message: Value, key: Value): Value {
  return hmac(message, key, MD5);
}
export function builtin_crypto_hmac_sha1(message: Value, key: Value): Value {
  return hmac(message, key, SHA1);
}
export function builtin_crypto_hmac_sha256(message: Value, key: Value): Value {
  return hmac(message, key, SHA256);
}
export function builtin_crypto_hmac_sha512(message: Value, key: Value): Value {
  return hmac(message, key, SHA512);
}

/** In a time that says nothing of where the two differ. */
export function builtin_crypto_hmac_equal(a: Value, b: Value): Value {
  if (!wantString(a, 1) || !wantString(b, 2)) return UNDEFINED;
  const n = stringLength(a);
  if (n != stringLength(b)) return toBoolean(false);
  let difference: u32 = 0;
  for (let i: u32 = 0; i < n; i++) difference |= load<u8>(stringPtr(a) + i) ^ load<u8>(stringPtr(b) + i);
  return toBoolean(difference == 0);
}
