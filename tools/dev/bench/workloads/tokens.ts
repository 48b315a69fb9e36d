import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readPolicy, type Workload } from "./workload.ts";

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

type Signer = {
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

function workload(signer: Signer): Workload {
  const header = encode({ alg: signer.algorithm, typ: "JWT" });
  const claims = encode({
    sub: "user-4711",
    aud: "tools",
    iat: 1_799_999_000,
    exp: 1_800_003_600,
    scope: ["files.read", "reports.render"],
  });
  const text = `${header}.${claims}`;
  const signature = sign("sha256", Buffer.from(text), {
    key: signer.privateKey,
    dsaEncoding: "ieee-p1363",
  }).toString("base64url");
  return {
    name: `jwt-${signer.algorithm.toLowerCase()}`,
    about: `io.jwt.decode_verify, ${signer.algorithm}`,
    policy: readPolicy("jwt"),
    input: { token: `${text}.${signature}` },
    data: {
      algorithm: signer.algorithm,
      key: signer.publicKey.export({ type: "spki", format: "pem" }),
    },
    goals: [{ slower: "opa", faster: "ours", atLeast: 2 }],
  };
}

/** A token with an RSA signature, checked with the public key. */
export const rs256: Workload = workload({
  algorithm: "RS256",
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }),
});

/** The same with an elliptic curve. */
export const es256: Workload = workload({
  algorithm: "ES256",
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }),
});
