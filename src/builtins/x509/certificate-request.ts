import { BuiltinError } from "../../engine/builtins/index.ts";
import { noNames, parseAlternativeNames } from "./alternative-names.ts";
import {
  context,
  DerReader,
  type Element,
  rightAlign,
  tag,
  toInteger,
} from "./der.ts";
import { type Extension, parseExtension } from "./extension.ts";
import { parseName } from "./name.ts";
import { oidText, parseAlgorithm, parsePublicKey } from "./public-key.ts";
import { signatureAlgorithm } from "./signature-algorithm.ts";

const mismatch = "asn1: structure error: tags don't match";

/** Reads exactly one certificate request, in the fields of Go's struct. */
export function parseCertificateRequest(der: Buffer): object {
  const truncation =
    der.length === 0 ? "sequence truncated" : "truncated tag or length";
  if (der.length > 0 && der[0] !== tag.sequence) {
    fail(mismatch);
  }
  const input = new DerReader(der);
  const whole = input.any() ?? fail(`asn1: syntax error: ${truncation}`);
  if (!input.empty) {
    fail("asn1: syntax error: trailing data");
  }
  if (whole.content.length === 0) {
    fail("asn1: syntax error: sequence truncated");
  }
  const outer = new DerReader(whole.content);
  const tbs = outer.element(tag.sequence) ?? fail(mismatch);
  const algorithm = parseAlgorithm(
    outer.inside(tag.sequence) ?? fail(mismatch),
  );
  const signature = outer.bitString() ?? fail(mismatch);
  const reader = new DerReader(tbs.content);
  const version = reader.integer() ?? fail(mismatch);
  const subject = reader.element(tag.sequence) ?? fail(mismatch);
  const key = parsePublicKey(
    (reader.element(tag.sequence) ?? fail(mismatch)).all,
  );
  const attributes = readAttributes(reader);
  const extensions = attributes.flatMap(readRequestedExtensions);
  const names = extensions.find(({ Id }) => oidText(Id) === "2.5.29.17");
  return {
    ...(names === undefined ? noNames : parseAlternativeNames(names.Value)),
    Raw: whole.all,
    RawTBSCertificateRequest: tbs.all,
    RawSubjectPublicKeyInfo: key.spki,
    RawSubject: subject.all,
    Version: version,
    Signature: rightAlign(signature),
    SignatureAlgorithm: signatureAlgorithm(algorithm).number,
    PublicKeyAlgorithm: key.algorithm,
    PublicKey: key.json,
    Subject: parseName(subject.all),
    Attributes: orNull(attributes.flatMap(readAttributeSets)),
    Extensions: orNull(withoutDuplicates(extensions)),
    ExtraExtensions: null,
  };
}

function fail(text: string): never {
  throw new BuiltinError(text);
}

function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

function readAttributes(reader: DerReader): Buffer[] {
  const list = reader.inside(context(0, true));
  const attributes: Buffer[] = [];
  while (list !== undefined && !list.empty) {
    attributes.push((list.any() ?? fail(mismatch)).all);
  }
  return attributes;
}

const requestedExtensions = "1.2.840.113549.1.9.14";

/** The extensions that an attribute asks for; none for attributes of other kinds. */
function readRequestedExtensions(attribute: Buffer): Extension[] {
  const reader = new DerReader(attribute).inside(tag.sequence);
  const id = reader?.oid();
  const values = reader?.inside(tag.set);
  if (
    id === undefined ||
    oidText(id) !== requestedExtensions ||
    values?.empty
  ) {
    return [];
  }
  const list = values?.inside(tag.sequence) ?? fail(mismatch);
  const extensions: Extension[] = [];
  while (!list.empty) {
    extensions.push(
      parseExtension(list.inside(tag.sequence) ?? fail(mismatch)),
    );
  }
  return extensions;
}

function withoutDuplicates(
  extensions: readonly Extension[],
): readonly Extension[] {
  const ids = new Set(extensions.map(({ Id }) => oidText(Id)));
  return ids.size === extensions.length
    ? extensions
    : fail("x509: certificate request contains duplicate requested extensions");
}

/**
 * An attribute whose values are sequences of pairs of a type and a value, which
 * is how Go shows it; none for one of another shape.
 */
function readAttributeSets(attribute: Buffer): object[] {
  const reader = new DerReader(attribute).inside(tag.sequence);
  const type = reader?.oid();
  const values = reader?.inside(tag.set);
  if (type === undefined || values === undefined) {
    return [];
  }
  const sets: object[][] = [];
  while (!values.empty) {
    const set = readPairs(values.inside(tag.sequence));
    if (set === undefined) {
      return [];
    }
    sets.push(set);
  }
  return [{ Type: type, Value: sets }];
}

function readPairs(list: DerReader | undefined): object[] | undefined {
  const pairs: object[] = [];
  while (list !== undefined && !list.empty) {
    const pair = list.inside(tag.sequence);
    const type = pair?.oid();
    const value = pair?.any();
    if (type === undefined || value === undefined) {
      return undefined;
    }
    pairs.push({ Type: type, Value: plainValue(value) });
  }
  return list && pairs;
}

/** A value of any type as Go's ASN.1 decodes it; null for types that it leaves alone. */
function plainValue({ tag: type, content }: Element): unknown {
  switch (type) {
    case tag.boolean:
      return content[0] === 0xff;
    case tag.integer:
      return toInteger(content);
    case tag.octetString:
      return content;
    case tag.utf8String:
    case tag.printableString:
    case tag.ia5String:
      return content.toString("utf8");
    default:
      return null;
  }
}
