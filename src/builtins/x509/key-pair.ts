import { BuiltinError } from "../../engine/builtins/index.ts";
import { decodeBase64 } from "../go/base64.ts";
import { decodePem, encodePem } from "../go/pem.ts";
import { parseCertificate } from "./certificate.ts";
import { certificateFields } from "./certificate-json.ts";
import { isPairOf, parseTlsKey, privateKeyFields } from "./private-key.ts";
import { publicKeyAlgorithm } from "./public-key.ts";

/** A certificate with its key, in the fields of Go's `tls.Certificate`. */
export function parseKeyPair(certificateText: string, keyText: string): object {
  const certificatePem = toPem(certificateText, "CERTIFICATE");
  const keyPem = toPem(keyText, "PRIVATE KEY");
  const ders = certificateBlocks(certificatePem);
  const keyDer = keyBlock(keyPem);
  const leaf = parseCertificate(ders[0] as Buffer);
  const key = parseTlsKey(keyDer);
  const { algorithm, spki } = leaf.publicKey;
  if (keyKinds[algorithm] === undefined) {
    throw new BuiltinError("tls: unknown public key algorithm");
  }
  if (keyKinds[algorithm] !== key.kind) {
    throw new BuiltinError(
      "tls: private key type does not match public key type",
    );
  }
  if (!isPairOf(key, spki)) {
    throw new BuiltinError("tls: private key does not match public key");
  }
  return {
    Certificate: ders,
    PrivateKey: privateKeyFields(key),
    Leaf: certificateFields(leaf),
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    SupportedSignatureAlgorithms: null,
  };
}

const keyKinds: Readonly<Record<number, string>> = {
  [publicKeyAlgorithm.rsa]: "rsa",
  [publicKeyAlgorithm.ecdsa]: "ec",
  [publicKeyAlgorithm.ed25519]: "ed25519",
};

/** PEM as it is, its Base64 decoded, or DER's wrapped as a block of the type. */
function toPem(text: string, type: string): string {
  if (text.startsWith("-----BEGIN ")) {
    return text;
  }
  const bytes = decodeBase64(text, "base64");
  const decoded = bytes.toString("latin1");
  return decoded.startsWith("-----BEGIN") ? decoded : encodePem(type, bytes);
}

function certificateBlocks(pem: string): Buffer[] {
  const found: Buffer[] = [];
  const skipped: string[] = [];
  let block = decodePem(pem);
  while (block !== undefined) {
    if (block.type === "CERTIFICATE") {
      found.push(block.bytes);
    } else {
      skipped.push(block.type);
    }
    block = decodePem(block.rest);
  }
  if (found.length > 0) {
    return found;
  }
  if (skipped.length === 0) {
    throw new BuiltinError(
      "tls: failed to find any PEM data in certificate input",
    );
  }
  throw new BuiltinError(
    skipped.length === 1 && skipped[0]?.endsWith("PRIVATE KEY")
      ? "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
      : `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${skipped.join(" ")}]`,
  );
}

function keyBlock(pem: string): Buffer {
  const skipped: string[] = [];
  let block = decodePem(pem);
  while (block !== undefined) {
    if (block.type === "PRIVATE KEY" || block.type.endsWith(" PRIVATE KEY")) {
      return block.bytes;
    }
    skipped.push(block.type);
    block = decodePem(block.rest);
  }
  if (skipped.length === 0) {
    throw new BuiltinError("tls: failed to find any PEM data in key input");
  }
  throw new BuiltinError(
    skipped.length === 1 && skipped[0] === "CERTIFICATE"
      ? "tls: found a certificate rather than a key in the PEM for the private key"
      : `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${skipped.join(" ")}]`,
  );
}
