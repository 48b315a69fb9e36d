import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  constants as crypto,
  type KeyObject,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
} from "node:crypto";
import { PolicyError } from "../engine/index.ts";
import type { BundleFile } from "./archive.ts";
import { fault } from "./fault.ts";
import { hashFile } from "./file-hash.ts";

/** A key by which bundles are verified. */
export type VerificationKey = {
  /** PEM, or the secret of HMAC. */
  readonly key: string;
  readonly algorithm: string;
  readonly scope?: string | undefined;
  /** From when on it verifies nothing. */
  readonly expires?: Date | undefined;
};

export type Verification = {
  /** By key id. */
  readonly keys: ReadonlyMap<string, VerificationKey>;
  /** Pins the key; without it the signature names one of them, unless there is but one. */
  readonly keyId?: string | undefined;
  readonly scope?: string | undefined;
  /** True of the files that need no signature. */
  readonly isExcluded?: ((name: string) => boolean) | undefined;
};

export type SigningOptions = {
  /** PEM, or the secret of HMAC. */
  readonly key: string;
  readonly algorithm: string;
  /** Claims beside the files. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
};

type SignedFile = {
  readonly name: string;
  readonly hash: string;
  readonly algorithm: string;
};

type Payload = {
  readonly files: readonly SignedFile[];
  readonly keyid: string;
  readonly scope: string;
};

type Method = {
  sign(text: string, key: string): Buffer;
  verify(text: string, key: string, signature: Buffer): boolean;
};

const pss: KeySettings = {
  padding: crypto.RSA_PKCS1_PSS_PADDING,
  saltLength: crypto.RSA_PSS_SALTLEN_DIGEST,
};

const ieee: KeySettings = { dsaEncoding: "ieee-p1363" };

/** The algorithms by their JOSE names. */
const methods: ReadonlyMap<string, Method> = new Map([
  ...["256", "384", "512"].flatMap((bits): [string, Method][] => [
    [`HS${bits}`, hmac(`sha${bits}`)],
    [`RS${bits}`, asymmetric(`sha${bits}`, "rsa", {})],
    [`PS${bits}`, asymmetric(`sha${bits}`, "rsa", pss)],
    [`ES${bits}`, asymmetric(`sha${bits}`, "ec", ieee)],
  ]),
  ["EdDSA", asymmetric(null, "ed25519", {})],
]);

/** The names of all algorithms. */
export const signatureAlgorithms: readonly string[] = [...methods.keys()];

/** The text of `.signatures.json` for these files. */
export function signBundle(
  files: readonly BundleFile[],
  { key, algorithm, claims }: SigningOptions,
): string {
  const method = methodOf(algorithm);
  const payload: Readonly<Record<string, unknown>> = {
    ...claims,
    files: files.map(({ name, bytes }) => ({
      name,
      hash: hashFile(name, bytes, "SHA-256"),
      algorithm: "SHA-256",
    })),
  };
  const head = encodePart({ alg: algorithm, typ: "JWT" });
  const text = `${head}.${encodePart(sortMembers(payload))}`;
  const token = `${text}.${method.sign(text, key).toString("base64url")}`;
  return JSON.stringify({ signatures: [token] }, undefined, 1);
}

/**
 * Verifies `.signatures.json` and every file by it: each file is signed, each
 * signed file is there, and none has another hash. Gives the id of the key
 * that signed; throws what is wrong.
 */
export function verifyBundle(
  files: readonly BundleFile[],
  signatures: string | undefined,
  verification: Verification,
): string {
  if (signatures === undefined) {
    throw fault("bundle missing .signatures.json file");
  }
  const { payload, keyId } = verifyToken(onlyToken(signatures), verification);
  const signed = new Map(payload.files.map((file) => [file.name, file]));
  for (const { name, bytes } of files) {
    if (verification.isExcluded?.(name) !== true) {
      verifyFile(name, bytes, signed.get(name));
    }
    signed.delete(name);
  }
  if (signed.size > 0) {
    throw fault(
      `file(s) [${[...signed.keys()].join(" ")}] specified in bundle signatures but not found in the target bundle`,
    );
  }
  return keyId;
}

function onlyToken(text: string): string {
  const found = decodeJson(text, "bundle load failed on signatures decode");
  if (found["plugin"] !== undefined && found["plugin"] !== "_default") {
    throw fault(`no verifier exists under id ${String(found["plugin"])}`);
  }
  const tokens = found["signatures"];
  const [token, ...more] = Array.isArray(tokens) ? tokens : [];
  if (typeof token !== "string") {
    throw fault(".signatures.json: missing JWT (expected exactly one)");
  }
  if (more.length > 0) {
    throw fault(
      ".signatures.json: multiple JWTs not supported (expected exactly one)",
    );
  }
  return token;
}

type Verified = { readonly payload: Payload; readonly keyId: string };

function verifyToken(token: string, verification: Verification): Verified {
  const [head = "", body = "", tail = "", ...more] = token.split(".");
  if (tail === "" || more.length > 0) {
    throw fault("failed to split compact JWT: it has three parts");
  }
  const header = decodeJson(decodePart(head), "failed to read JWT header");
  const payload = readPayload(decodePart(body));
  const keyId = nameKey(verification, header["kid"], payload.keyid);
  const found = findKey(verification.keys, keyId);
  // The key says how it signs: a token that says otherwise is not its.
  const isGenuine =
    (header["alg"] === undefined || header["alg"] === found.algorithm) &&
    methodOf(found.algorithm).verify(
      `${head}.${body}`,
      found.key,
      Buffer.from(tail, "base64url"),
    );
  if (!isGenuine) {
    throw fault(
      "failed to verify JWT signature: the signature is not the key's",
    );
  }
  const wanted = verification.scope || (found.scope ?? "");
  if (payload.scope !== wanted) {
    throw verification.keyId
      ? fault("scope mismatch")
      : fault(
          `scope mismatch: the signature is for \`${payload.scope}\`, the key ${keyId} for \`${wanted}\``,
        );
  }
  return { payload, keyId };
}

/** The id of the key that a token is to be verified by. */
function nameKey(
  { keys, keyId }: Verification,
  kid: unknown,
  claimed: string,
): string {
  const named = keyId || (typeof kid === "string" && kid) || claimed;
  if (named !== "") {
    return named;
  }
  const [only, ...more] = keys.keys();
  if (only === undefined || more.length > 0) {
    throw fault("verification key ID is empty");
  }
  return only;
}

function findKey(keys: Verification["keys"], id: string): VerificationKey {
  const key = keys.get(id);
  if (key === undefined) {
    throw fault(`verification key corresponding to ID ${id} not found`);
  }
  if (key.expires !== undefined && key.expires.getTime() <= Date.now()) {
    throw fault(
      `verification key ${id} expired at ${key.expires.toISOString()}`,
    );
  }
  return key;
}

function readPayload(text: string): Payload {
  const found = decodeJson(text, "failed to read JWT payload");
  const files = found["files"] ?? [];
  if (!Array.isArray(files) || !files.every(isSignedFile)) {
    throw fault("failed to read JWT payload: `files` is not a list of files");
  }
  return {
    files,
    keyid: textOf(found["keyid"]),
    scope: textOf(found["scope"]),
  };
}

function isSignedFile(value: unknown): value is SignedFile {
  const file = value as Partial<SignedFile> | null;
  return (
    typeof file === "object" &&
    typeof file?.name === "string" &&
    typeof file.hash === "string" &&
    typeof file.algorithm === "string"
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function verifyFile(
  name: string,
  bytes: Uint8Array,
  signed: SignedFile | undefined,
): void {
  if (signed === undefined) {
    throw fault(`file ${name} not included in bundle signature`);
  }
  if (signed.algorithm === "") {
    throw fault(`no hashing algorithm provided for file ${name}`);
  }
  const got = hashFile(name, bytes, signed.algorithm);
  const want = signed.hash.toLowerCase();
  if (got !== want) {
    throw fault(`${name}: digest mismatch (want: ${want}, got: ${got})`);
  }
}

function hmac(hash: string): Method {
  const sign = (text: string, key: string) =>
    createHmac(hash, key).update(text).digest();
  return {
    sign,
    verify: (text, key, signature) => {
      const wanted = sign(text, key);
      return (
        wanted.length === signature.length && timingSafeEqual(wanted, signature)
      );
    },
  };
}

type KeySettings = {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: "ieee-p1363";
};

function asymmetric(
  hash: string | null,
  family: string,
  settings: KeySettings,
): Method {
  return {
    sign: (text, pem) => {
      const key = readKey(pem, family, createPrivateKey);
      return signBytes(hash, Buffer.from(text), { key, ...settings });
    },
    verify: (text, pem, signature) => {
      const key = readKey(pem, family, createPublicKey);
      return verifyBytes(
        hash,
        Buffer.from(text),
        { key, ...settings },
        signature,
      );
    },
  };
}

function readKey(
  pem: string,
  family: string,
  read: (pem: string) => KeyObject,
): KeyObject {
  let key: KeyObject;
  try {
    key = read(pem);
  } catch (cause) {
    throw fault("failed to parse PEM block containing the key", cause);
  }
  if (key.asymmetricKeyType !== family) {
    throw fault(
      `the key is of type ${key.asymmetricKeyType}, the algorithm wants ${family}`,
    );
  }
  return key;
}

function methodOf(algorithm: string): Method {
  const method = methods.get(algorithm);
  if (method === undefined) {
    throw fault(`unknown signature algorithm: ${algorithm}`);
  }
  return method;
}

/** Claims in the order in which OPA writes them. */
function sortMembers(
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decodePart(part: string): string {
  return Buffer.from(part, "base64url").toString("utf8");
}

function decodeJson(
  text: string,
  what: string,
): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = PolicyError.from(cause).rawMessage;
    throw fault(`${what}: ${reason}`, cause);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw fault(`${what}: it is no object`);
  }
  return value as Readonly<Record<string, unknown>>;
}
