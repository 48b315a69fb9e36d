import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
} from "node:crypto";
import {
  BuiltinError,
  isArray,
  RegoObject,
  typeName,
  type Value,
} from "../../engine/builtins/index.ts";
import { firstGoJson } from "../go/json.ts";
import { toUnsigned } from "../x509/der.ts";
import type { Key, KeyMaterial } from "./key.ts";
import { completeRsaKey } from "./rsa-key.ts";

/** The keys of a JWK set, or the one of a lone JWK. */
export function parseKeySet(text: string): Key[] {
  const value = parseText(text);
  const keys = value instanceof RegoObject ? value.get("keys") : undefined;
  if (keys === undefined) {
    return [within("failed to parse sole key: ", () => parseKey(value))];
  }
  if (!isArray(keys)) {
    throw new BuiltinError(
      `failed to unmarshal JWK set: failed to decode "keys": expected '[' but got ${String(keys)}`,
    );
  }
  if (keys.length > maxKeys) {
    throw new BuiltinError(
      `failed to unmarshal JWK set: too many keys in "keys" array: max ${maxKeys}`,
    );
  }
  return keys.map((key, index) =>
    within(
      `failed to unmarshal JWK set: failed to decode key #${index} in "keys": `,
      () => parseKey(key),
    ),
  );
}

const maxKeys = 1_000;

const probing =
  "jwk.ParseKey: jwk.Parse: failed to probe data: probe: failed to unmarshal data: ";

function parseText(text: string): Value {
  try {
    return firstGoJson(text);
  } catch (error) {
    if (!(error instanceof BuiltinError)) {
      throw error;
    }
    throw new BuiltinError(
      `failed to parse sole key: ${probing}${error.message}`,
    );
  }
}

/** Begins the errors of keys that are well-formed but unusable. */
const exporting = "jwk.Export: ";

/** Puts a prefix before the text of an error, but for those of exporting. */
function within<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof BuiltinError && !error.message.startsWith(exporting)
      ? new BuiltinError(prefix + error.message)
      : error;
  }
}

const goStruct = String.raw`struct { Kty string "json:\"kty\""; D json.RawMessage "json:\"d,omitempty\"" }`;

function parseKey(value: Value): Key {
  if (value !== null && !(value instanceof RegoObject)) {
    throw new BuiltinError(
      `${probing}json: cannot unmarshal ${goKind(value)} into Go value of type ${goStruct}`,
    );
  }
  const type = value?.get("kty") ?? "";
  if (typeof type !== "string") {
    throw new BuiltinError(
      `${probing}json: cannot unmarshal ${goKind(type)} into Go struct field .kty of type string`,
    );
  }
  const shape = shapes.find(({ kty }) => kty === type);
  if (value === null || shape === undefined) {
    throw new BuiltinError(
      `jwk.ParseKey: invalid key type from JSON (${type})`,
    );
  }
  return within("jwk.ParseKey: ", () => readKey(value, shape));
}

/** A type as Go's JSON names it. */
function goKind(value: Value): string {
  return typeof value === "boolean" ? "bool" : typeName(value);
}

/** The members of one type of key, and what they make. */
type Shape = {
  readonly kty: string;
  readonly goName: string;
  /** Named in this order when they are missing. */
  readonly required: readonly string[];
  readonly bytes: readonly string[];
  readonly curves?: readonly string[];
  build(fields: Fields): KeyMaterial;
};

type Fields = {
  readonly isPrivate: boolean;
  readonly curve: string;
  /** Bytes of the member; empty where there is none. */
  bytes(name: string): Buffer;
};

const shapes: readonly Shape[] = [
  {
    kty: "RSA",
    goName: "rsa",
    required: ["e", "n"],
    bytes: ["n", "e", "d", "p", "q", "dp", "dq", "qi"],
    build: buildRsa,
  },
  {
    kty: "EC",
    goName: "ecdsa",
    required: ["crv", "x", "y"],
    bytes: ["x", "y", "d"],
    curves: ["P-256", "P-384", "P-521"],
    build: buildEc,
  },
  {
    kty: "OKP",
    goName: "okp",
    required: ["crv", "x"],
    bytes: ["x", "d"],
    curves: ["Ed25519", "Ed448", "X25519", "X448"],
    build: buildOkp,
  },
  {
    kty: "oct",
    goName: "symmetric",
    required: ["k"],
    bytes: ["k"],
    build: buildSecret,
  },
];

function readKey(object: RegoObject, shape: Shape): Key {
  const isPrivate = shape.kty !== "oct" && object.get("d") !== undefined;
  const side = shape.kty === "oct" ? "" : isPrivate ? "Private" : "Public";
  const into = `failed to unmarshal JSON into key (*jwk.${shape.goName}${side}Key): `;
  const fields = within(into + into, () =>
    readFields(object, shape, isPrivate),
  );
  return {
    alg: (object.get("alg") as string | undefined) ?? "",
    kid: (object.get("kid") as string | null | undefined) ?? "",
    material: shape.build(fields),
  };
}

function readFields(
  object: RegoObject,
  { required, bytes, curves }: Shape,
  isPrivate: boolean,
): Fields {
  const read = new Map<string, Buffer>();
  for (const [key, value] of object.entries) {
    within(`failed to decode value for key ${key}: `, () => {
      if (bytes.includes(key as string)) {
        read.set(key as string, readBytes(value));
      } else if (key === "crv" && curves !== undefined) {
        readCurve(value, curves);
      } else {
        checkCommon(key as string, value);
      }
    });
  }
  for (const name of required) {
    if (object.get(name) === undefined) {
      throw new BuiltinError(`required field ${name} is missing`);
    }
  }
  return {
    isPrivate,
    curve: (object.get("crv") as string | undefined) ?? "",
    bytes: (name) => read.get(name) ?? Buffer.alloc(0),
  };
}

function readText(value: Value): string {
  if (value !== null && typeof value !== "string") {
    throw new BuiltinError(
      `error reading next value: json: cannot unmarshal ${goKind(value)} into Go value of type string`,
    );
  }
  return value ?? "";
}

/** Base64 of either alphabet, padded or not. */
function readBytes(value: Value): Buffer {
  const text = readText(value);
  const plain = text.replace(/={1,2}$/, "");
  if (
    !/^(?:[A-Za-z0-9_-]*|[A-Za-z0-9+/]*)$/.test(plain) ||
    plain.length % 4 === 1
  ) {
    throw new BuiltinError("expected base64 encoded []byte (string)");
  }
  return Buffer.from(plain, "base64url");
}

function readCurve(value: Value, curves: readonly string[]): void {
  const curve = readText(value);
  if (!curves.includes(curve)) {
    throw new BuiltinError(
      `unknown EllipticCurveAlgorithm: ${JSON.stringify(curve)}`,
    );
  }
}

function checkCommon(key: string, value: Value): void {
  switch (key) {
    case "alg":
      if (!keyAlgorithms.has(readText(value))) {
        throw new BuiltinError(
          `invalid key value: ${JSON.stringify(value)}: invalid key algorithm`,
        );
      }
      break;
    case "kid":
    case "use":
    case "x5t":
    case "x5t#S256":
    case "x5u":
      readText(value);
      break;
    case "key_ops":
      if (!isArray(value)) {
        throw new BuiltinError(
          `json: cannot unmarshal ${goKind(value)} into Go value of type jwk.KeyOperationList`,
        );
      }
      break;
    case "x5c":
      if (!isArray(value)) {
        throw new BuiltinError(
          "failed to unmarshal certificate chain: expected JSON array",
        );
      }
      break;
    default:
  }
}

/** All algorithms of RFC 7518 and its successors, those for encryption too. */
const keyAlgorithms: ReadonlySet<string> = new Set([
  ..."RS PS ES HS"
    .split(" ")
    .flatMap((family) => [`${family}256`, `${family}384`, `${family}512`]),
  ..."ES256K EdDSA Ed25519 none RSA1_5 dir ECDH-ES".split(" "),
  ..."RSA-OAEP RSA-OAEP-256 RSA-OAEP-384 RSA-OAEP-512".split(" "),
  ..."128 192 256"
    .split(" ")
    .flatMap((bits) => [`A${bits}KW`, `A${bits}GCMKW`, `ECDH-ES+A${bits}KW`]),
  ..."PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW".split(" "),
]);

function invalid(type: string, what: string): never {
  throw new BuiltinError(
    `jwk.Parse: key validation failed: key validation failed: jwk.${type}: ${what}`,
  );
}

function buildSecret({ bytes }: Fields): KeyMaterial {
  const secret = bytes("k");
  return secret.length === 0
    ? invalid("SymmetricKey", 'missing "k" field')
    : { kind: "secret", bytes: secret };
}

function buildRsa({ isPrivate, bytes }: Fields): KeyMaterial {
  const type = isPrivate ? "RSAPrivateKey" : "RSAPublicKey";
  const [n, e] = [toUnsigned(bytes("n")), toUnsigned(bytes("e"))];
  if (n === 0n) {
    invalid(type, 'missing "n" value');
  }
  if (e === 0n) {
    invalid(type, 'missing "e" value');
  }
  if (e % 2n === 0n) {
    invalid(
      type,
      "invalid rsa public exponent: must be a positive odd integer",
    );
  }
  if (isPrivate && bytes("d").length === 0) {
    invalid(type, 'missing "d" value');
  }
  const jwk = { kty: "RSA", n: encode(bytes("n")), e: encode(bytes("e")) };
  return isPrivate
    ? importKey("rsa", true, () => completeRsaKey(bytes))
    : importKey("rsa", false, () => jwk);
}

function buildEc({ isPrivate, curve, bytes }: Fields): KeyMaterial {
  const type = isPrivate ? "ECDSAPrivateKey" : "ECDSAPublicKey";
  const size = { "P-256": 32, "P-384": 48, "P-521": 66 }[curve];
  for (const name of isPrivate ? ["x", "y", "d"] : ["x", "y"]) {
    if (bytes(name).length !== size) {
      invalid(
        type,
        `invalid "${name}" length (${bytes(name).length}) for curve "${curve}"`,
      );
    }
  }
  const point = {
    kty: "EC",
    crv: curve,
    x: encode(bytes("x")),
    y: encode(bytes("y")),
  };
  try {
    createPublicKey({ key: point, format: "jwk" });
  } catch {
    const zero = [...bytes("x"), ...bytes("y")].every((byte) => byte === 0);
    invalid(
      type,
      zero
        ? "invalid ECDSA public key: identity point is not a valid public key"
        : `invalid ECDSA public key: ${curve.replace("-", "")} point not on curve`,
    );
  }
  return importKey("ec", isPrivate, () =>
    isPrivate ? { ...point, d: encode(bytes("d")) } : point,
  );
}

function buildOkp({ isPrivate, curve, bytes }: Fields): KeyMaterial {
  const type = isPrivate ? "OKPPrivateKey" : "OKPPublicKey";
  if (curve === "Ed25519" || curve === "X25519") {
    const name = curve.toLowerCase();
    if (bytes("x").length !== 32) {
      invalid(type, `${name}: wrong public key size`);
    }
    if (isPrivate && bytes("d").length !== 32) {
      invalid(type, `${name}: wrong private key size`);
    }
  }
  if (curve !== "Ed25519") {
    return { kind: "other" };
  }
  const point = { kty: "OKP", crv: curve, x: encode(bytes("x")) };
  return importKey("ed25519", isPrivate, () =>
    isPrivate ? { ...point, d: encode(bytes("d")) } : point,
  );
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64url");
}

function importKey(
  kind: "rsa" | "ec" | "ed25519",
  isPrivate: boolean,
  jwk: () => JsonWebKey,
): KeyMaterial {
  const key = jwk();
  try {
    const create = isPrivate ? createPrivateKey : createPublicKey;
    return { kind, isPrivate, key: create({ key, format: "jwk" }) };
  } catch {
    throw new BuiltinError(
      "jwk.Export: failed to export jwk.Key to raw format: invalid key",
    );
  }
}
