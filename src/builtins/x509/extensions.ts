import { parseAlternativeNames } from "./alternative-names.ts";
import type { ExtensionFields } from "./certificate.ts";
import { bitAt, context, DerReader, type Oid, tag, toOid } from "./der.ts";
import { type Extension, fail } from "./extension.ts";
import { readNameConstraints } from "./name-constraints.ts";
import { oidText } from "./public-key.ts";

/** Whether an extension was understood, so that it may be critical. */
type Handled = boolean;

type Reader = (fields: ExtensionFields, extension: Extension) => Handled;

const readers: ReadonlyMap<string, Reader> = new Map([
  ["2.5.29.14", readSubjectKeyId],
  ["2.5.29.15", readKeyUsage],
  ["2.5.29.17", readAlternativeNames],
  ["2.5.29.19", readBasicConstraints],
  ["2.5.29.30", readNameConstraints],
  ["2.5.29.31", readDistributionPoints],
  ["2.5.29.32", readPolicies],
  ["2.5.29.33", readPolicyMappings],
  ["2.5.29.35", readAuthorityKeyId],
  ["2.5.29.36", readPolicyConstraints],
  ["2.5.29.37", readExtKeyUsage],
  ["2.5.29.54", readInhibitAnyPolicy],
  ["1.3.6.1.5.5.7.1.1", readAuthorityInfo],
]);

/** Fills the fields from the extensions; those not understood are kept if critical. */
export function readExtensions(
  fields: ExtensionFields,
  extensions: readonly Extension[],
): void {
  for (const extension of extensions) {
    const read = readers.get(oidText(extension.Id));
    const handled = read?.(fields, extension) ?? false;
    if (extension.Critical && !handled) {
      fields.UnhandledCriticalExtensions = [
        ...(fields.UnhandledCriticalExtensions ?? []),
        extension.Id,
      ];
    }
  }
}

function readSubjectKeyId(
  fields: ExtensionFields,
  { Critical, Value }: Extension,
): Handled {
  if (Critical) {
    fail("subject key identifier incorrectly marked critical");
  }
  fields.SubjectKeyId =
    new DerReader(Value).content(tag.octetString) ??
    fail("invalid subject key identifier");
  return true;
}

function readKeyUsage(fields: ExtensionFields, { Value }: Extension): Handled {
  const bits = new DerReader(Value).bitString() ?? fail("invalid key usage");
  fields.KeyUsage = 0;
  for (let index = 0; index < 9; index += 1) {
    fields.KeyUsage |= bitAt(bits, index) ? 1 << index : 0;
  }
  return true;
}

function readAlternativeNames(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const names = parseAlternativeNames(Value);
  Object.assign(fields, names);
  return Object.values(names).some((list) => list !== null);
}

function readBasicConstraints(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const invalid = "invalid basic constraints";
  const reader = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  fields.IsCA = reader.has(tag.boolean)
    ? (reader.boolean() ?? fail(invalid))
    : false;
  fields.MaxPathLen = -1;
  if (reader.has(tag.integer)) {
    const length = reader.integer() ?? fail(invalid);
    if (length < 0n || length >= 2n ** 63n) {
      fail(invalid);
    }
    fields.MaxPathLen = length;
  }
  fields.BasicConstraintsValid = true;
  fields.MaxPathLenZero = fields.MaxPathLen === 0n;
  return true;
}

function readDistributionPoints(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const list =
    new DerReader(Value).inside(tag.sequence) ??
    fail("invalid CRL distribution points");
  const invalid = "invalid CRL distribution point";
  const field = context(0, true);
  while (!list.empty) {
    const point = list.inside(tag.sequence) ?? fail(invalid);
    if (!point.has(field)) {
      continue;
    }
    const names = point.inside(field)?.inside(field) ?? fail(invalid);
    while (!names.empty && names.has(context(6))) {
      const uri = names.content(context(6)) ?? fail(invalid);
      fields.CRLDistributionPoints = [
        ...(fields.CRLDistributionPoints ?? []),
        uri.toString("utf8"),
      ];
    }
  }
  return true;
}

function readPolicies(fields: ExtensionFields, { Value }: Extension): Handled {
  const invalid = "invalid certificate policies";
  const list = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  const policies = new Set<string>();
  fields.PolicyIdentifiers = [];
  while (!list.empty) {
    const der = list.inside(tag.sequence)?.content(tag.oid) ?? fail(invalid);
    const text = bigOidText(der) ?? fail(invalid);
    if (policies.has(text)) {
      fail(invalid);
    }
    policies.add(text);
    const oid = toOid(der);
    if (oid !== undefined) {
      fields.PolicyIdentifiers.push(oid);
    }
  }
  fields.Policies = policies.size === 0 ? null : [...policies];
  return true;
}

function readPolicyMappings(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const invalid = "invalid policy mappings extension";
  const list = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  while (!list.empty) {
    const pair = list.inside(tag.sequence) ?? fail(invalid);
    const issuer = pair.content(tag.oid) ?? fail(invalid);
    const subject = pair.content(tag.oid) ?? fail(invalid);
    fields.PolicyMappings = [
      ...(fields.PolicyMappings ?? []),
      {
        IssuerDomainPolicy: bigOidText(issuer) ?? "",
        SubjectDomainPolicy: bigOidText(subject) ?? "",
      },
    ];
  }
  return true;
}

function readAuthorityKeyId(
  fields: ExtensionFields,
  { Critical, Value }: Extension,
): Handled {
  if (Critical) {
    fail("authority key identifier incorrectly marked critical");
  }
  const invalid = "invalid authority key identifier";
  const reader = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  fields.AuthorityKeyId = reader.has(context(0))
    ? (reader.content(context(0)) ?? fail(invalid))
    : null;
  return true;
}

function readPolicyConstraints(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const invalid = "invalid policy constraints extension";
  const reader = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  const number = (field: number): bigint | undefined => {
    if (!reader.has(field)) {
      return undefined;
    }
    const value = reader.integer(field) ?? fail(invalid);
    return BigInt.asIntN(64, value) === value ? value : fail(invalid);
  };
  const explicit = number(context(0));
  const mapping = number(context(1));
  fields.RequireExplicitPolicy = explicit ?? 0n;
  fields.RequireExplicitPolicyZero = explicit === 0n;
  fields.InhibitPolicyMapping = mapping ?? 0n;
  fields.InhibitPolicyMappingZero = mapping === 0n;
  return true;
}

/** Purposes in the order of Go's numbers. */
const purposes: readonly string[] = [
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.1",
  "1.3.6.1.5.5.7.3.2",
  "1.3.6.1.5.5.7.3.3",
  "1.3.6.1.5.5.7.3.4",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
  "1.3.6.1.5.5.7.3.8",
  "1.3.6.1.5.5.7.3.9",
  "1.3.6.1.4.1.311.10.3.3",
  "2.16.840.1.113730.4.1",
  "1.3.6.1.4.1.311.2.1.22",
  "1.3.6.1.4.1.311.61.1.1",
];

function readExtKeyUsage(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const invalid = "invalid extended key usages";
  const list = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  while (!list.empty) {
    const oid: Oid = list.oid() ?? fail(invalid);
    const known = purposes.indexOf(oidText(oid));
    if (known >= 0) {
      fields.ExtKeyUsage = [...(fields.ExtKeyUsage ?? []), known];
    } else {
      fields.UnknownExtKeyUsage = [...(fields.UnknownExtKeyUsage ?? []), oid];
    }
  }
  return true;
}

function readInhibitAnyPolicy(
  fields: ExtensionFields,
  { Value }: Extension,
): Handled {
  const value = new DerReader(Value).integer();
  if (value === undefined || BigInt.asIntN(64, value) !== value) {
    fail("invalid inhibit any policy extension");
  }
  fields.InhibitAnyPolicy = value;
  fields.InhibitAnyPolicyZero = value === 0n;
  return true;
}

function readAuthorityInfo(
  fields: ExtensionFields,
  { Critical, Value }: Extension,
): Handled {
  if (Critical) {
    fail("authority info access incorrectly marked critical");
  }
  const invalid = "invalid authority info access";
  const list = new DerReader(Value).inside(tag.sequence) ?? fail(invalid);
  while (!list.empty) {
    const access = list.inside(tag.sequence) ?? fail(invalid);
    const method = oidText(access.oid() ?? fail(invalid));
    if (!access.has(context(6))) {
      continue;
    }
    const uri = (access.content(context(6)) ?? fail(invalid)).toString("utf8");
    if (method === "1.3.6.1.5.5.7.48.1") {
      fields.OCSPServer = [...(fields.OCSPServer ?? []), uri];
    } else if (method === "1.3.6.1.5.5.7.48.2") {
      fields.IssuingCertificateURL = [
        ...(fields.IssuingCertificateURL ?? []),
        uri,
      ];
    }
  }
  return true;
}

/** The text of an object identifier whose numbers may be of any size. */
function bigOidText(der: Buffer): string | undefined {
  const numbers: bigint[] = [];
  let [current, started] = [0n, false];
  for (const byte of der) {
    if (!started && byte === 0x80) {
      return undefined;
    }
    current = (current << 7n) | BigInt(byte & 0x7f);
    started = byte >= 0x80;
    if (!started) {
      numbers.push(current);
      current = 0n;
    }
  }
  const [first, ...others] = numbers;
  if (first === undefined || started) {
    return undefined;
  }
  const head = first < 80n ? [first / 40n, first % 40n] : [2n, first - 80n];
  return [...head, ...others].join(".");
}
