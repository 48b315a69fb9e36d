import { fromJs, type Value } from "../../engine/builtins/index.ts";
import { uriTexts } from "./alternative-names.ts";
import type { Certificate, IpRange } from "./certificate.ts";
import { ipText } from "./ip.ts";

/** A certificate as Go's JSON shows its struct. */
export function certificateValue(certificate: Certificate): Value {
  return goValue(certificateFields(certificate));
}

/** The same with the texts of its URIs. */
export function extendedCertificateValue(certificate: Certificate): Value {
  return goValue({
    ...certificateFields(certificate),
    URIStrings: uriTexts(certificate.fields),
  });
}

export function certificateFields(certificate: Certificate): object {
  const { fields, publicKey } = certificate;
  return {
    ...fields,
    PermittedIPRanges: fields.PermittedIPRanges?.map(rangeFields) ?? null,
    ExcludedIPRanges: fields.ExcludedIPRanges?.map(rangeFields) ?? null,
    Raw: certificate.raw,
    RawTBSCertificate: certificate.rawTbs,
    RawSubjectPublicKeyInfo: publicKey.spki,
    RawSubject: certificate.rawSubject,
    RawIssuer: certificate.rawIssuer,
    Signature: certificate.signature,
    SignatureAlgorithm: certificate.signatureAlgorithm.number,
    PublicKeyAlgorithm: publicKey.algorithm,
    PublicKey: publicKey.json,
    Version: certificate.version,
    SerialNumber: certificate.serialNumber,
    Issuer: certificate.issuer,
    Subject: certificate.subject,
    NotBefore: certificate.notBefore.text,
    NotAfter: certificate.notAfter.text,
    Extensions:
      certificate.extensions.length === 0 ? null : certificate.extensions,
    ExtraExtensions: null,
  };
}

function rangeFields({ ip, mask }: IpRange): object {
  return { IP: ipText(ip), Mask: mask };
}

/** A value of plain objects, bytes becoming Base64 as Go's JSON has them. */
export function goValue(plain: unknown): Value {
  return fromJs(withBase64(plain));
}

function withBase64(plain: unknown): unknown {
  if (plain instanceof Uint8Array) {
    return Buffer.from(plain).toString("base64");
  }
  if (Array.isArray(plain)) {
    return plain.map(withBase64);
  }
  if (typeof plain === "object" && plain !== null) {
    return Object.fromEntries(
      Object.entries(plain).map(([key, value]) => [key, withBase64(value)]),
    );
  }
  return plain;
}
