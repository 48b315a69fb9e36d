import {
  constants,
  createHmac,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { encodeDer, encodeUnsigned, tag } from "../x509/der.ts";
import { coordinateSize, type KeyMaterial } from "./key.ts";

type Hash = "sha256" | "sha384" | "sha512";

/** How an algorithm of RFC 7518 signs. */
export type Algorithm =
  | { readonly family: "HMAC" | "RSA" | "PSS" | "ECDSA"; readonly hash: Hash }
  | { readonly family: "EdDSA"; readonly hash?: undefined };

/** The algorithms by name, those that OPA knows. */
export const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ["RS256", { family: "RSA", hash: "sha256" }],
  ["RS384", { family: "RSA", hash: "sha384" }],
  ["RS512", { family: "RSA", hash: "sha512" }],
  ["PS256", { family: "PSS", hash: "sha256" }],
  ["PS384", { family: "PSS", hash: "sha384" }],
  ["PS512", { family: "PSS", hash: "sha512" }],
  ["ES256", { family: "ECDSA", hash: "sha256" }],
  ["ES384", { family: "ECDSA", hash: "sha384" }],
  ["ES512", { family: "ECDSA", hash: "sha512" }],
  ["HS256", { family: "HMAC", hash: "sha256" }],
  ["HS384", { family: "HMAC", hash: "sha384" }],
  ["HS512", { family: "HMAC", hash: "sha512" }],
  ["EdDSA", { family: "EdDSA" }],
]);

/** What is to be verified. */
export type Signed = { readonly data: Buffer; readonly signature: Buffer };

/** Go refuses smaller RSA keys. */
const minModulusBits = 1024;

/** Whether the signature is the algorithm's, by a key of its kind. */
export function verifies(
  algorithm: Algorithm,
  material: KeyMaterial,
  { data, signature }: Signed,
): boolean {
  switch (algorithm.family) {
    case "HMAC":
      return (
        material.kind === "secret" &&
        material.bytes.length > 0 &&
        sameBytes(hmac(algorithm.hash, material.bytes, data), signature)
      );
    case "RSA":
    case "PSS":
      return (
        material.kind === "rsa" &&
        isLargeEnough(material.key) &&
        verify(
          algorithm.hash,
          data,
          { key: material.key, ...rsaOptions(algorithm.family) },
          signature,
        )
      );
    case "ECDSA":
      return (
        material.kind === "ec" &&
        signature.length === 2 * coordinateSize(material.key) &&
        verify(
          algorithm.hash,
          data,
          { key: material.key, dsaEncoding: "ieee-p1363" },
          signature,
        )
      );
    case "EdDSA":
      return (
        material.kind === "ed25519" &&
        verify(null, data, material.key, signature)
      );
  }
}

/** As `verifies` for ECDSA, with a signature whose halves may be of any length. */
export function verifiesHalves(
  hash: Hash,
  key: KeyObject,
  { data, signature }: Signed,
): boolean {
  const half = signature.length >> 1;
  const der = encodeDer(
    tag.sequence,
    encodeUnsigned(signature.subarray(0, half)),
    encodeUnsigned(signature.subarray(half)),
  );
  return verify(hash, data, { key, dsaEncoding: "der" }, der);
}

export function hmac(hash: Hash, secret: Buffer, data: Buffer): Buffer {
  return createHmac(hash, secret).update(data).digest();
}

/** Compares in a time that tells nothing of the bytes. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function isLargeEnough(key: KeyObject): boolean {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minModulusBits;
}

function rsaOptions(family: "RSA" | "PSS"): {
  readonly padding: number;
  readonly saltLength?: number;
} {
  return family === "RSA"
    ? { padding: constants.RSA_PKCS1_PADDING }
    : {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      };
}

/** Salts of any length verify, as Go has it when none is asked for. */
export function verifiesAnySalt(
  hash: Hash,
  key: KeyObject,
  { data, signature }: Signed,
): boolean {
  return (
    isLargeEnough(key) &&
    verify(
      hash,
      data,
      {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_AUTO,
      },
      signature,
    )
  );
}

/** Signs; throws for a key of another kind. */
export function signWith(
  algorithm: Algorithm,
  material: KeyMaterial,
  data: Buffer,
): Buffer {
  switch (algorithm.family) {
    case "HMAC":
      return material.kind === "secret"
        ? hmac(algorithm.hash, material.bytes, data)
        : wrongKey(material, "[]byte");
    case "RSA":
    case "PSS": {
      const key = privateKey(material, "rsa", "*rsa.PrivateKey");
      if (!isLargeEnough(key)) {
        const bits = key.asymmetricKeyDetails?.modulusLength;
        throw new BuiltinError(
          `crypto/rsa: ${bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`,
        );
      }
      return sign(algorithm.hash, data, {
        key,
        ...rsaOptions(algorithm.family),
      });
    }
    case "ECDSA":
      return sign(algorithm.hash, data, {
        key: privateKey(material, "ec", "*ecdsa.PrivateKey"),
        dsaEncoding: "ieee-p1363",
      });
    case "EdDSA":
      return sign(
        null,
        data,
        privateKey(material, "ed25519", "ed25519.PrivateKey"),
      );
  }
}

function privateKey(
  material: KeyMaterial,
  kind: "rsa" | "ec" | "ed25519",
  wanted: string,
): KeyObject {
  return material.kind === kind && material.isPrivate
    ? material.key
    : wrongKey(material, wanted);
}

/** Go's names of the JWK types. */
const goTypes = {
  rsa: { true: "*jwk.rsaPrivateKey", false: "*jwk.rsaPublicKey" },
  ec: { true: "*jwk.ecdsaPrivateKey", false: "*jwk.ecdsaPublicKey" },
  ed25519: { true: "*jwk.okpPrivateKey", false: "*jwk.okpPublicKey" },
};

function wrongKey(material: KeyMaterial, wanted: string): never {
  const type =
    material.kind === "secret"
      ? "*jwk.symmetricKey"
      : material.kind === "other"
        ? "*jwk.okpPublicKey"
        : goTypes[material.kind][`${material.isPrivate}`];
  const produce = {
    "[]byte": "failed to produce []byte",
    "*rsa.PrivateKey": "failed to produce rsa.PrivateKey",
    "*ecdsa.PrivateKey": "keyconv: failed to produce ecdsa.PrivateKey",
    "ed25519.PrivateKey": "failed to produce ed25519.PrivateKey",
  }[wanted];
  throw new BuiltinError(
    `jwsbb.Sign: invalid key type ${type}. ${wanted} is required: ${produce} from ${type}: jwk.Export: no suitable exporter found for key type '${type}'`,
  );
}
