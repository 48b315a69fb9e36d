import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createAuthority } from "./certificates.ts";

test("certificates carry the names asked for and verify", async () => {
  const authority = await createAuthority("test root");
  const { cert } = await authority.issue([
    { type: "url", value: "spiffe://cluster.local/ns/default/sa/sa1" },
  ]);
  const certificate = new X509Certificate(cert);
  expect(certificate.subjectAltName).toBe(
    "URI:spiffe://cluster.local/ns/default/sa/sa1",
  );
  expect(
    certificate.verify(new X509Certificate(authority.cert).publicKey),
  ).toBe(true);
});
