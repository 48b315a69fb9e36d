/** What we show a server. */
export type Credentials =
  | { readonly kind: "bearer"; readonly token: string }
  /** `user:password`. */
  | { readonly kind: "basic"; readonly pair: string };

/** The value of `Authorization`. */
export function authorizationOf(credentials: Credentials): string {
  return credentials.kind === "bearer"
    ? `Bearer ${credentials.token}`
    : `Basic ${Buffer.from(credentials.pair).toString("base64")}`;
}
