import {
  type BuiltinContext,
  BuiltinError,
} from "../../engine/builtins/index.ts";
import { BoundedCache } from "../bounded-cache.ts";
import { decodePem } from "../go/pem.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { DerReader, tag } from "../x509/der.ts";
import {
  importPublicKey,
  type PublicKey,
  parsePublicKey,
  publicKeyAlgorithm,
} from "../x509/public-key.ts";
import { algorithms } from "./algorithm.ts";
import { parseKeySet } from "./jwk.ts";
import type { Key, KeyMaterial } from "./key.ts";

const maxCachedKeys = 100;

/**
 * The keys of a certificate, a public key or a JWK set, which are read once a
 * policy. A key that names an algorithm of another use is left out.
 */
export function verificationKeys(
  text: string,
  { policyCache }: BuiltinContext,
): readonly Key[] {
  const slot = "io.jwt keys";
  const cache =
    (policyCache.get(slot) as BoundedCache<readonly Key[]> | undefined) ??
    new BoundedCache<readonly Key[]>(maxCachedKeys);
  policyCache.set(slot, cache);
  return cache.get(text, () => readKeys(text));
}

function readKeys(text: string): readonly Key[] {
  const block = decodePem(text);
  if (block === undefined) {
    return readKeySet(text).filter(
      ({ alg }) => alg === "" || algorithms.has(alg),
    );
  }
  if (block.rest !== "") {
    throw new BuiltinError("extra data after a PEM certificate block");
  }
  switch (block.type) {
    case "CERTIFICATE":
      return [
        readPublicKey(
          "certificate",
          () => parseCertificate(block.bytes).publicKey,
        ),
      ];
    case "PUBLIC KEY":
      return [
        readPublicKey("public key", () => parseLonePublicKey(block.bytes)),
      ];
    default:
      throw new BuiltinError(
        "failed to extract a Key from the PEM certificate",
      );
  }
}

function readKeySet(text: string): Key[] {
  try {
    return parseKeySet(text);
  } catch (error) {
    if (
      !(error instanceof BuiltinError) ||
      error.message.includes("jwk.Export")
    ) {
      throw error;
    }
    throw new BuiltinError(
      `failed to parse a JWK key (set): jwk.ParseString: failed to parse string: jwk.Parse: ${error.message}`,
    );
  }
}

function readPublicKey(what: string, parse: () => PublicKey): Key {
  try {
    return { alg: "", kid: "", material: toMaterial(parse()) };
  } catch (error) {
    if (error instanceof BuiltinError) {
      throw new BuiltinError(`failed to parse a PEM ${what}: ${error.message}`);
    }
    throw error;
  }
}

/** Reads SubjectPublicKeyInfo with the texts that Go has outside of certificates. */
function parseLonePublicKey(der: Buffer): PublicKey {
  if (der.length > 0 && der[0] !== tag.sequence) {
    throw new BuiltinError("asn1: structure error: tags don't match");
  }
  const info = new DerReader(der).inside(tag.sequence);
  if (info === undefined || info.empty) {
    throw new BuiltinError("asn1: syntax error: sequence truncated");
  }
  return parsePublicKey(der);
}

const kinds: Readonly<Record<number, "rsa" | "ec" | "ed25519">> = {
  [publicKeyAlgorithm.rsa]: "rsa",
  [publicKeyAlgorithm.ecdsa]: "ec",
  [publicKeyAlgorithm.ed25519]: "ed25519",
};

function toMaterial({ algorithm, spki }: PublicKey): KeyMaterial {
  const kind = kinds[algorithm];
  const key = importPublicKey(spki);
  return kind === undefined || key === undefined
    ? { kind: "other" }
    : { kind, isPrivate: false, key };
}

/**
 * Whether one of the keys verifies: the one of the token's key id if there is
 * one, otherwise any whose algorithm, where it names one, is the token's.
 */
export function someKeyVerifies(
  keys: readonly Key[],
  { kid, alg }: { readonly kid: string; readonly alg: string },
  verifies: (material: KeyMaterial) => boolean,
): boolean {
  const named = kid === "" ? undefined : keys.find((key) => key.kid === kid);
  return named === undefined
    ? keys.some(
        (key) => (key.alg === "" || key.alg === alg) && verifies(key.material),
      )
    : verifies(named.material);
}
