import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { DerReader, tag, toUnsigned } from "./der.ts";

/** A private key that Go's x509 reads. */
export type PrivateKey = {
  readonly kind: "rsa" | "ec" | "ed25519" | "x25519";
  readonly key: KeyObject;
};

/** The encodings of private keys, by what Go calls them. */
export type PrivateKeyForm = "PKCS1" | "PKCS8" | "EC";

const nodeTypes = { PKCS1: "pkcs1", PKCS8: "pkcs8", EC: "sec1" } as const;

const goReaders: Readonly<Record<PrivateKeyForm, string>> = {
  PKCS1: "ParsePKCS1PrivateKey",
  PKCS8: "ParsePKCS8PrivateKey",
  EC: "ParseECPrivateKey",
};

/** Reads DER of the form; throws Go's error. */
export function parsePrivateKey(der: Buffer, form: PrivateKeyForm): PrivateKey {
  const key = tryParse(der, form);
  if (key !== undefined) {
    return key;
  }
  const other = (Object.keys(goReaders) as PrivateKeyForm[]).find(
    (one) => one !== form && tryParse(der, one) !== undefined,
  );
  if (other !== undefined) {
    throw new BuiltinError(
      `x509: failed to parse private key (use ${goReaders[other]} instead for this key format)`,
    );
  }
  const reason = "asn1: structure error: tags don't match";
  throw new BuiltinError(
    form === "EC" ? `x509: failed to parse EC private key: ${reason}` : reason,
  );
}

/** OpenSSL reads any form whatever it is told: this tells them apart. */
function hasForm(der: Buffer, form: PrivateKeyForm): boolean {
  const reader = new DerReader(der).inside(tag.sequence);
  reader?.integer();
  return reader?.has(secondTags[form]) ?? false;
}

const secondTags = {
  PKCS1: tag.integer,
  PKCS8: tag.sequence,
  EC: tag.octetString,
} as const;

function tryParse(der: Buffer, form: PrivateKeyForm): PrivateKey | undefined {
  if (!hasForm(der, form)) {
    return undefined;
  }
  try {
    const key = createPrivateKey({
      key: der,
      format: "der",
      type: nodeTypes[form],
    });
    const kind = key.asymmetricKeyType;
    return kind === "rsa" ||
      kind === "ec" ||
      kind === "ed25519" ||
      kind === "x25519"
      ? { kind, key }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The key of any of the forms, as Go's TLS reads it. */
export function parseTlsKey(der: Buffer): PrivateKey {
  const key =
    tryParse(der, "PKCS1") ?? tryParse(der, "PKCS8") ?? tryParse(der, "EC");
  if (key === undefined) {
    throw new BuiltinError("tls: failed to parse private key");
  }
  if (key.kind === "x25519") {
    throw new BuiltinError(
      "tls: found unknown private key type in PKCS#8 wrapping",
    );
  }
  return key;
}

/** What Go's JSON shows of the key. */
export function privateKeyFields({ kind, key }: PrivateKey): unknown {
  const jwk = key.export({ format: "jwk" });
  const number = (
    name: "n" | "d" | "p" | "q" | "dp" | "dq" | "qi" | "x" | "y",
  ) => toUnsigned(decode(jwk[name]));
  switch (kind) {
    case "rsa":
      return {
        N: number("n"),
        E: toUnsigned(decode(jwk.e)),
        D: number("d"),
        Primes: [number("p"), number("q")],
        Precomputed: {
          Dp: number("dp"),
          Dq: number("dq"),
          Qinv: number("qi"),
          CRTValues: [],
        },
      };
    case "ec":
      return { Curve: {}, X: number("x"), Y: number("y"), D: number("d") };
    case "ed25519":
      return Buffer.concat([decode(jwk.d), decode(jwk.x)]);
    case "x25519":
      return {};
  }
}

function decode(text: string | undefined): Buffer {
  return Buffer.from(text ?? "", "base64url");
}

/** The key as a JWK. */
export function privateKeyJwk({ key }: PrivateKey): object {
  return key.export({ format: "jwk" });
}

/** Whether the DER of SubjectPublicKeyInfo is of the key's public half. */
export function isPairOf({ key }: PrivateKey, spki: Buffer): boolean {
  const own = createPublicKey(key).export({ format: "der", type: "spki" });
  return own.equals(spki);
}
