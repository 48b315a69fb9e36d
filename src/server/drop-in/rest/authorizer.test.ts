import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { identityOf } from "./authorizer.ts";

test.each([
  [{ C: "DE", O: "admins", CN: "bob" }, "CN=bob,O=admins,C=DE"],
  [{ CN: "bob,O=admins" }, "CN=bob\\,O=admins"],
  [{ CN: ' #"+<>;\\ ' }, 'CN=\\ #\\"\\+\\<\\>\\;\\\\\\ '],
])("a certificate's subject as text: %o", (subject, wanted) => {
  const certificate = { subject } as unknown as PeerCertificate;
  expect(identityOf({ headers: {} }, "tls", certificate)).toBe(wanted);
});
