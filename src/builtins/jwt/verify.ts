import { type HostBuiltin, textOperand } from "../../engine/builtins/index.ts";
import { decodeBase64Url } from "../go/base64.ts";
import {
  type Algorithm,
  algorithms,
  hmac,
  type Signed,
  sameBytes,
  verifies,
  verifiesAnySalt,
  verifiesHalves,
} from "./algorithm.ts";
import type { KeyMaterial } from "./key.ts";
import { decodeHeader, readHeader, signedPart, splitToken } from "./token.ts";
import { someKeyVerifies, verificationKeys } from "./verification-keys.ts";

/** `io.jwt.verify_…(token, key)` of every algorithm. */
export const verifyBuiltins: readonly HostBuiltin[] = [...algorithms].map(
  ([name, algorithm]) =>
    algorithm.family === "HMAC"
      ? verifyBySecret(name, algorithm.hash)
      : verifyByKey(name, algorithm),
);

function builtinName(name: string): string {
  return `io.jwt.verify_${name.toLowerCase()}`;
}

function verifyBySecret(
  name: string,
  hash: "sha256" | "sha384" | "sha512",
): HostBuiltin {
  return {
    name: builtinName(name),
    run: ([text, secret]) => {
      const token = splitToken(text as string);
      const mac = hmac(
        hash,
        Buffer.from(secret as string, "utf8"),
        signedPart(token),
      );
      return sameBytes(mac, decodeBase64Url(token.signature));
    },
  };
}

function verifyByKey(name: string, algorithm: Algorithm): HostBuiltin {
  return {
    name: builtinName(name),
    takesAny: true,
    run: ([text, key], context) => {
      const token = splitToken(textOperand(text, 1));
      const keys = verificationKeys(textOperand(key, 2), context);
      const signature = decodeBase64Url(token.signature);
      const header = readHeader(decodeHeader(token));
      const signed = { data: signedPart(token), signature };
      return someKeyVerifies(keys, header, (material) =>
        publicKeyVerifies(algorithm, material, signed),
      );
    },
  };
}

/** Only public keys do here, signatures of ECDSA and PSS in all forms that Go takes. */
function publicKeyVerifies(
  algorithm: Algorithm,
  material: KeyMaterial,
  signed: Signed,
): boolean {
  if (
    material.kind === "secret" ||
    material.kind === "other" ||
    material.isPrivate
  ) {
    return false;
  }
  switch (algorithm.family) {
    case "ECDSA":
      return (
        material.kind === "ec" &&
        verifiesHalves(algorithm.hash, material.key, signed)
      );
    case "PSS":
      return (
        material.kind === "rsa" &&
        verifiesAnySalt(algorithm.hash, material.key, signed)
      );
    default:
      return verifies(algorithm, material, signed);
  }
}
