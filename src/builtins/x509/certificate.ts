import { type AlternativeNames, noNames } from "./alternative-names.ts";
import { context, DerReader, type Oid, rightAlign, tag } from "./der.ts";
import { type Extension, fail, parseExtension } from "./extension.ts";
import { readExtensions } from "./extensions.ts";
import { type Name, parseName } from "./name.ts";
import {
  oidText,
  type PublicKey,
  parseAlgorithm,
  parsePublicKey,
} from "./public-key.ts";
import {
  type SignatureAlgorithm,
  signatureAlgorithm,
} from "./signature-algorithm.ts";
import { parseTime, type Time } from "./time.ts";

/** An address with its mask. */
export type IpRange = { readonly ip: Buffer; readonly mask: Buffer };

/** What Go's `x509.Certificate` has from the extensions, by its field names. */
export type ExtensionFields = AlternativeNames & {
  KeyUsage: number;
  UnhandledCriticalExtensions: Oid[] | null;
  ExtKeyUsage: number[] | null;
  UnknownExtKeyUsage: Oid[] | null;
  BasicConstraintsValid: boolean;
  IsCA: boolean;
  MaxPathLen: number | bigint;
  MaxPathLenZero: boolean;
  SubjectKeyId: Buffer | null;
  AuthorityKeyId: Buffer | null;
  OCSPServer: string[] | null;
  IssuingCertificateURL: string[] | null;
  PermittedDNSDomainsCritical: boolean;
  PermittedDNSDomains: string[] | null;
  ExcludedDNSDomains: string[] | null;
  PermittedIPRanges: IpRange[] | null;
  ExcludedIPRanges: IpRange[] | null;
  PermittedEmailAddresses: string[] | null;
  ExcludedEmailAddresses: string[] | null;
  PermittedURIDomains: string[] | null;
  ExcludedURIDomains: string[] | null;
  CRLDistributionPoints: string[] | null;
  PolicyIdentifiers: Oid[] | null;
  Policies: string[] | null;
  PolicyMappings:
    | { IssuerDomainPolicy: string; SubjectDomainPolicy: string }[]
    | null;
  InhibitAnyPolicy: bigint;
  InhibitAnyPolicyZero: boolean;
  InhibitPolicyMapping: bigint;
  InhibitPolicyMappingZero: boolean;
  RequireExplicitPolicy: bigint;
  RequireExplicitPolicyZero: boolean;
};

export type Certificate = {
  readonly raw: Buffer;
  readonly rawTbs: Buffer;
  readonly rawSubject: Buffer;
  readonly rawIssuer: Buffer;
  readonly signature: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly publicKey: PublicKey;
  readonly version: number;
  readonly serialNumber: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Time;
  readonly notAfter: Time;
  readonly extensions: readonly Extension[];
  readonly fields: ExtensionFields;
};

const noFields: ExtensionFields = {
  ...noNames,
  KeyUsage: 0,
  UnhandledCriticalExtensions: null,
  ExtKeyUsage: null,
  UnknownExtKeyUsage: null,
  BasicConstraintsValid: false,
  IsCA: false,
  MaxPathLen: 0,
  MaxPathLenZero: false,
  SubjectKeyId: null,
  AuthorityKeyId: null,
  OCSPServer: null,
  IssuingCertificateURL: null,
  PermittedDNSDomainsCritical: false,
  PermittedDNSDomains: null,
  ExcludedDNSDomains: null,
  PermittedIPRanges: null,
  ExcludedIPRanges: null,
  PermittedEmailAddresses: null,
  ExcludedEmailAddresses: null,
  PermittedURIDomains: null,
  ExcludedURIDomains: null,
  CRLDistributionPoints: null,
  PolicyIdentifiers: null,
  Policies: null,
  PolicyMappings: null,
  InhibitAnyPolicy: 0n,
  InhibitAnyPolicyZero: false,
  InhibitPolicyMapping: 0n,
  InhibitPolicyMappingZero: false,
  RequireExplicitPolicy: 0n,
  RequireExplicitPolicyZero: false,
};

/** Reads exactly one certificate. */
export function parseCertificate(der: Buffer): Certificate {
  const certificate = readCertificate(der);
  return certificate.raw.length === der.length
    ? certificate
    : fail("trailing data");
}

/** Reads certificates that stand one after the other. */
export function parseCertificates(der: Buffer): Certificate[] {
  const certificates: Certificate[] = [];
  let rest = der;
  while (rest.length > 0) {
    const certificate = readCertificate(rest);
    certificates.push(certificate);
    rest = rest.subarray(certificate.raw.length);
  }
  return certificates;
}

function readCertificate(der: Buffer): Certificate {
  const whole =
    new DerReader(der).element(tag.sequence) ?? fail("malformed certificate");
  const outer = new DerReader(whole.content);
  const tbs = outer.element(tag.sequence) ?? fail("malformed tbs certificate");
  const reader = new DerReader(tbs.content);
  const version = readVersion(reader);
  const serialNumber = reader.integer() ?? fail("malformed serial number");
  if (serialNumber < 0n) {
    fail("negative serial number");
  }
  const algorithm = readSignatureAlgorithm(reader, outer);
  const rawIssuer = readSequence(reader, "malformed issuer");
  const issuer = parseName(rawIssuer);
  const validity = reader.inside(tag.sequence) ?? fail("malformed validity");
  const [notBefore, notAfter] = [parseTime(validity), parseTime(validity)];
  const rawSubject = readSequence(reader, "malformed issuer");
  const subject = parseName(rawSubject);
  const publicKey = parsePublicKey(readSequence(reader, "malformed spki"));
  const extensions = version > 1 ? readTail(reader, version) : [];
  const fields: ExtensionFields = { ...noFields };
  readExtensions(fields, extensions);
  const signature = outer.bitString() ?? fail("malformed signature");
  return {
    raw: whole.all,
    rawTbs: tbs.all,
    rawSubject,
    rawIssuer,
    signature: rightAlign(signature),
    signatureAlgorithm: algorithm,
    publicKey,
    version,
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    extensions,
    fields,
  };
}

function readSequence(reader: DerReader, fault: string): Buffer {
  return reader.element(tag.sequence)?.all ?? fail(fault);
}

/** Versions count from one here, from zero in the certificate. */
function readVersion(reader: DerReader): number {
  const field = context(0, true);
  const version = reader.has(field)
    ? (reader.inside(field)?.integer() ?? fail("malformed version"))
    : 0n;
  if (version < 0n) {
    fail("malformed version");
  }
  return version > 2n ? fail("invalid version") : Number(version) + 1;
}

/** The algorithm stands inside of what is signed and outside: they must agree. */
function readSignatureAlgorithm(
  inner: DerReader,
  outer: DerReader,
): SignatureAlgorithm {
  const inside =
    inner.content(tag.sequence) ??
    fail("malformed signature algorithm identifier");
  const outside =
    outer.content(tag.sequence) ?? fail("malformed algorithm identifier");
  if (!inside.equals(outside)) {
    fail("inner and outer signature algorithm identifiers don't match");
  }
  return signatureAlgorithm(parseAlgorithm(new DerReader(inside)));
}

/** What follows the public key: unique identifiers and, since version 3, extensions. */
function readTail(reader: DerReader, version: number): Extension[] {
  if (!reader.skipOptional(context(1))) {
    fail("malformed issuerUniqueID");
  }
  if (!reader.skipOptional(context(2))) {
    fail("malformed subjectUniqueID");
  }
  const field = context(3, true);
  if (version < 3 || !reader.has(field)) {
    return [];
  }
  const list =
    reader.inside(field)?.inside(tag.sequence) ?? fail("malformed extensions");
  const extensions: Extension[] = [];
  const seen = new Set<string>();
  while (!list.empty) {
    const extension = parseExtension(
      list.inside(tag.sequence) ?? fail("malformed extension"),
    );
    const id = oidText(extension.Id);
    if (seen.has(id)) {
      fail(`certificate contains duplicate extension with OID "${id}"`);
    }
    seen.add(id);
    extensions.push(extension);
  }
  return extensions;
}
