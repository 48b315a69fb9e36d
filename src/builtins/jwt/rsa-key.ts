import type { JsonWebKey } from "node:crypto";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { toUnsigned } from "../x509/der.ts";

/**
 * A private RSA key from a JWK's members with all numbers that the Chinese
 * remainder theorem wants; a JWK may leave out those that follow from others.
 */
export function completeRsaKey(bytes: (name: string) => Buffer): JsonWebKey {
  for (const name of ["d", "q", "p"]) {
    if (bytes(name).length === 0) {
      throw new BuiltinError(
        `jwk.Export: failed to export jwk.Key to raw format: missing "${name}" value`,
      );
    }
  }
  const [d, p, q] = [number("d"), number("p"), number("q")];
  if (p < 2n || q < 2n) {
    throw new BuiltinError("crypto/rsa: invalid prime");
  }
  const derived: Readonly<Record<string, () => bigint>> = {
    dp: () => d % (p - 1n),
    dq: () => d % (q - 1n),
    qi: () => inverse(q % p, p),
  };
  const jwk: Record<string, string> = { kty: "RSA" };
  for (const name of ["n", "e", "d", "p", "q", "dp", "dq", "qi"]) {
    const given = bytes(name);
    jwk[name] = (
      given.length > 0 ? given : toBytes(derived[name]?.() ?? 0n)
    ).toString("base64url");
  }
  return jwk;

  function number(name: string): bigint {
    return toUnsigned(bytes(name));
  }
}

/** Big-endian bytes of a number that is not negative. */
function toBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length & 1), "0"), "hex");
}

/** The inverse modulo a prime; zero where there is none. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [value, modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? ((x % modulus) + modulus) % modulus : 0n;
}
