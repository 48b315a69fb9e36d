import { context, DerReader, tag } from "./der.ts";
import { type AlgorithmIdentifier, parseAlgorithm } from "./public-key.ts";

/** How a certificate is signed. */
export type SignatureAlgorithm = {
  /** Go's number of `x509.SignatureAlgorithm`. */
  readonly number: number;
  /** The key that signs; undefined where Go does not verify. */
  readonly key?: "rsa" | "rsa-pss" | "ec" | "ed25519";
  readonly hash?: "sha256" | "sha384" | "sha512";
};

const unknown: SignatureAlgorithm = { number: 0 };

const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  "1.2.840.113549.1.1.4": { number: 2 },
  "1.2.840.113549.1.1.5": { number: 3 },
  "1.3.14.3.2.29": { number: 3 },
  "1.2.840.113549.1.1.11": { number: 4, key: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { number: 5, key: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { number: 6, key: "rsa", hash: "sha512" },
  "1.2.840.10040.4.3": { number: 7 },
  "2.16.840.1.101.3.4.3.2": { number: 8 },
  "1.2.840.10045.4.1": { number: 9 },
  "1.2.840.10045.4.3.2": { number: 10, key: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { number: 11, key: "ec", hash: "sha384" },
  "1.2.840.10045.4.3.4": { number: 12, key: "ec", hash: "sha512" },
};

const ed25519: SignatureAlgorithm = { number: 16, key: "ed25519" };

const pssAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  "2.16.840.1.101.3.4.2.1 32": { number: 13, key: "rsa-pss", hash: "sha256" },
  "2.16.840.1.101.3.4.2.2 48": { number: 14, key: "rsa-pss", hash: "sha384" },
  "2.16.840.1.101.3.4.2.3 64": { number: 15, key: "rsa-pss", hash: "sha512" },
};

export function signatureAlgorithm({
  oid,
  parameters,
}: AlgorithmIdentifier): SignatureAlgorithm {
  switch (oid) {
    case "1.3.101.112":
      return parameters.length === 0 ? ed25519 : unknown;
    case "1.2.840.113549.1.1.10":
      return pssAlgorithm(parameters) ?? unknown;
    default:
      return Object.hasOwn(algorithms, oid)
        ? (algorithms[oid] ?? unknown)
        : unknown;
  }
}

/** PSS with one hash for both uses and a salt of its length. */
function pssAlgorithm(parameters: Buffer): SignatureAlgorithm | undefined {
  const fields = new DerReader(parameters).inside(tag.sequence);
  const hash = identifierIn(fields?.inside(context(0, true)));
  const mask = identifierIn(fields?.inside(context(1, true)));
  const salt = fields?.inside(context(2, true))?.integer();
  const maskHash = identifierIn(mask && new DerReader(mask.parameters));
  const sound =
    hash !== undefined &&
    mask?.oid === "1.2.840.113549.1.1.8" &&
    maskHash?.oid === hash.oid &&
    isNull(hash.parameters) &&
    isNull(maskHash.parameters) &&
    (fields?.empty || fields?.inside(context(3, true))?.integer() === 1n);
  return sound ? pssAlgorithms[`${hash.oid} ${salt}`] : undefined;
}

function identifierIn(
  reader: DerReader | undefined,
): AlgorithmIdentifier | undefined {
  const inside = reader?.inside(tag.sequence);
  try {
    return inside && parseAlgorithm(inside);
  } catch {
    return undefined;
  }
}

function isNull(parameters: Buffer): boolean {
  return (
    parameters.length === 0 || parameters.equals(Buffer.from([tag.null, 0]))
  );
}
