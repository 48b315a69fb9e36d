import { createPublicKey, type KeyObject } from "node:crypto";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { DerReader, type Oid, rightAlign, tag, toUnsigned } from "./der.ts";

/** Go's numbers of `x509.PublicKeyAlgorithm`. */
export const publicKeyAlgorithm = {
  unknown: 0,
  rsa: 1,
  dsa: 2,
  ecdsa: 3,
  ed25519: 4,
} as const;

/** A key as its certificate has it. */
export type PublicKey = {
  /** Go's number of the algorithm. */
  readonly algorithm: number;
  /** What Go's JSON shows of the key. */
  readonly json: unknown;
  /** The DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
};

/** An algorithm with its parameters' DER, which may be empty. */
export type AlgorithmIdentifier = {
  readonly oid: string;
  readonly parameters: Buffer;
};

export function parseAlgorithm(reader: DerReader): AlgorithmIdentifier {
  const oid = reader.oid() ?? fail("malformed OID");
  if (reader.empty) {
    return { oid: oidText(oid), parameters: Buffer.alloc(0) };
  }
  const parameters = reader.any() ?? fail("malformed parameters");
  return { oid: oidText(oid), parameters: parameters.all };
}

export function oidText(oid: Oid): string {
  return oid.join(".");
}

function fail(what: string): never {
  throw new BuiltinError(`x509: ${what}`);
}

const parsers: Readonly<
  Record<
    string,
    { readonly algorithm: number; readonly parse: (parts: KeyParts) => unknown }
  >
> = {
  "1.2.840.113549.1.1.1": {
    algorithm: publicKeyAlgorithm.rsa,
    parse: parseRsa,
  },
  "1.2.840.10040.4.1": { algorithm: publicKeyAlgorithm.dsa, parse: parseDsa },
  "1.2.840.10045.2.1": {
    algorithm: publicKeyAlgorithm.ecdsa,
    parse: parseEcdsa,
  },
  "1.3.101.112": { algorithm: publicKeyAlgorithm.ed25519, parse: parseEd25519 },
};

type KeyParts = {
  readonly parameters: Buffer;
  readonly data: Buffer;
  readonly spki: Buffer;
};

/** Reads SubjectPublicKeyInfo, DER with its header. */
export function parsePublicKey(spki: Buffer): PublicKey {
  const info =
    new DerReader(spki).inside(tag.sequence) ?? fail("malformed spki");
  const identifier =
    info.inside(tag.sequence) ??
    fail("malformed public key algorithm identifier");
  const { oid, parameters } = parseAlgorithm(identifier);
  const bits = info.bitString() ?? fail("malformed subjectPublicKey");
  const parser = Object.hasOwn(parsers, oid) ? parsers[oid] : undefined;
  if (parser === undefined) {
    return { algorithm: publicKeyAlgorithm.unknown, json: null, spki };
  }
  const json = parser.parse({ parameters, data: rightAlign(bits), spki });
  return { algorithm: parser.algorithm, json, spki };
}

function parseRsa({ parameters, data }: KeyParts): unknown {
  if (!parameters.equals(Buffer.from([tag.null, 0]))) {
    fail("RSA key missing NULL parameters");
  }
  const key =
    new DerReader(data).inside(tag.sequence) ?? fail("invalid RSA public key");
  const modulus = key.integer() ?? fail("invalid RSA modulus");
  const exponent = key.integer();
  if (exponent === undefined || BigInt.asIntN(64, exponent) !== exponent) {
    fail("invalid RSA public exponent");
  }
  if (modulus <= 0n) {
    fail("RSA modulus is not a positive number");
  }
  if (exponent <= 0n) {
    fail("RSA public exponent is not a positive number");
  }
  return { N: modulus, E: exponent };
}

function parseDsa({ parameters, data }: KeyParts): unknown {
  const y = new DerReader(data).integer() ?? fail("invalid DSA public key");
  const reader = new DerReader(parameters).inside(tag.sequence);
  const [p, q, g] = [reader?.integer(), reader?.integer(), reader?.integer()];
  if (p === undefined || q === undefined || g === undefined) {
    fail("invalid DSA parameters");
  }
  if ([y, p, q, g].some((number) => number <= 0n)) {
    fail("zero or negative DSA parameter");
  }
  return { P: p, Q: q, G: g, Y: y };
}

/** Bytes of a coordinate by the OID of the curve. */
const curves: Readonly<Record<string, number>> = {
  "1.3.132.0.33": 28,
  "1.2.840.10045.3.1.7": 32,
  "1.3.132.0.34": 48,
  "1.3.132.0.35": 66,
};

function parseEcdsa({ parameters, data, spki }: KeyParts): unknown {
  const oid =
    new DerReader(parameters).oid() ?? fail("invalid ECDSA parameters");
  const size = curves[oidText(oid)] ?? fail("unsupported elliptic curve");
  if (data[0] !== 4) {
    throw new BuiltinError("ecdsa: invalid uncompressed public key");
  }
  const bits = { 28: 224, 32: 256, 48: 384, 66: 521 }[size];
  if (data.length !== 1 + 2 * size) {
    throw new BuiltinError(`invalid P${bits} point encoding`);
  }
  if (importPublicKey(spki) === undefined) {
    throw new BuiltinError(`P${bits} point not on curve`);
  }
  return {
    Curve: {},
    X: toUnsigned(data.subarray(1, 1 + size)),
    Y: toUnsigned(data.subarray(1 + size)),
  };
}

function parseEd25519({ parameters, data }: KeyParts): unknown {
  if (parameters.length > 0) {
    fail("Ed25519 key encoded with illegal parameters");
  }
  return data.length === 32 ? data : fail("wrong Ed25519 public key size");
}

/** The key for use; undefined for one that OpenSSL refuses. */
export function importPublicKey(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
