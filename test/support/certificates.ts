import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type GeneralNames,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto as unknown as Crypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate and its key, as PEM texts. */
export type Identity = { readonly cert: string; readonly key: string };

/** Signs certificates that live for an hour. */
export type Authority = {
  readonly cert: string;
  issue(names: SubjectNames): Promise<Identity>;
};

type SubjectNames = ConstructorParameters<
  typeof SubjectAlternativeNameExtension
>[0] &
  (GeneralNames | readonly unknown[]);

/** A certificate authority of the test's own. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: "01",
    name: `CN=${name}`,
    keys: keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  let serial = 1;
  return {
    cert: root.toString("pem"),
    issue: async (names) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, [
        "sign",
        "verify",
      ]);
      serial += 1;
      const certificate = await X509CertificateGenerator.create({
        ...validity(),
        serialNumber: serial.toString(16).padStart(2, "0"),
        subject: "O=test",
        issuer: root.subject,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new SubjectAlternativeNameExtension(names)],
      });
      return toIdentity(certificate, own.privateKey);
    },
  };
}

/** Writes server.crt, server.key and ca.crt, as examples/envoy/mtls.yaml names them. */
export function writeServerFiles(
  folder: string,
  server: Identity,
  clientAuthority: Authority,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "server.crt"), server.cert);
  writeFileSync(join(folder, "server.key"), server.key);
  writeFileSync(join(folder, "ca.crt"), clientAuthority.cert);
}

async function toIdentity(
  certificate: X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<Identity> {
  const der = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  const base64 = Buffer.from(der).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const hour = 3_600_000;
  return {
    notBefore: new Date(Date.now() - hour),
    notAfter: new Date(Date.now() + hour),
  };
}
