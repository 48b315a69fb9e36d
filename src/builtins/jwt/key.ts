import type { KeyObject } from "node:crypto";

/** A key with the algorithm and name that its JWK gives; empty for none. */
export type Key = {
  readonly alg: string;
  readonly kid: string;
  readonly material: KeyMaterial;
};

export type KeyMaterial =
  | { readonly kind: "secret"; readonly bytes: Buffer }
  | {
      readonly kind: "rsa" | "ec" | "ed25519";
      readonly isPrivate: boolean;
      readonly key: KeyObject;
    }
  /** A key that no algorithm of tokens takes, such as X25519. */
  | { readonly kind: "other" };

/** The bytes of one coordinate of an elliptic curve's point. */
export function coordinateSize(key: KeyObject): number {
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case "secp224r1":
      return 28;
    case "prime256v1":
      return 32;
    case "secp384r1":
      return 48;
    default:
      return 66;
  }
}
