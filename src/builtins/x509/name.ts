import { BuiltinError } from "../../engine/builtins/index.ts";
import { DerReader, type Oid, tag } from "./der.ts";

/** A distinguished name in the fields of Go's `pkix.Name`. */
export type Name = {
  Country: string[] | null;
  Organization: string[] | null;
  OrganizationalUnit: string[] | null;
  Locality: string[] | null;
  Province: string[] | null;
  StreetAddress: string[] | null;
  PostalCode: string[] | null;
  SerialNumber: string;
  CommonName: string;
  Names: { Type: Oid; Value: string }[] | null;
  ExtraNames: null;
};

type ListField =
  | "Country"
  | "Organization"
  | "OrganizationalUnit"
  | "Locality"
  | "Province"
  | "StreetAddress"
  | "PostalCode";

const listFields: ReadonlyMap<number, ListField> = new Map([
  [6, "Country"],
  [7, "Locality"],
  [8, "Province"],
  [9, "StreetAddress"],
  [10, "Organization"],
  [11, "OrganizationalUnit"],
  [17, "PostalCode"],
]);

/** Reads a name's DER. */
export function parseName(der: Buffer): Name {
  const name: Name = {
    Country: null,
    Organization: null,
    OrganizationalUnit: null,
    Locality: null,
    Province: null,
    StreetAddress: null,
    PostalCode: null,
    SerialNumber: "",
    CommonName: "",
    Names: null,
    ExtraNames: null,
  };
  const sequence = new DerReader(der).inside(tag.sequence) ?? fail("");
  while (!sequence.empty) {
    const set = sequence.inside(tag.set) ?? fail("");
    while (!set.empty) {
      addAttribute(
        name,
        set.inside(tag.sequence) ?? fail(": invalid attribute"),
      );
    }
  }
  return name;
}

function addAttribute(name: Name, attribute: DerReader): void {
  const type = attribute.oid() ?? fail(": invalid attribute type");
  const element = attribute.any() ?? fail(": invalid attribute value");
  const value = toText(element.tag, element.content);
  name.Names = [...(name.Names ?? []), { Type: type, Value: value }];
  const [a, b, c, field = 0] = type;
  if (type.length !== 4 || a !== 2 || b !== 5 || c !== 4) {
    return;
  }
  const list = listFields.get(field);
  if (list !== undefined) {
    name[list] = [...(name[list] ?? []), value];
  } else if (field === 3) {
    name.CommonName = value;
  } else if (field === 5) {
    name.SerialNumber = value;
  }
}

function fail(what: string): never {
  throw new BuiltinError(`x509: invalid RDNSequence${what}`);
}

/** The text of one of ASN.1's string types. */
function toText(type: number, content: Buffer): string {
  const invalid = (what: string): never =>
    fail(`: invalid attribute value: ${what}`);
  const latin = content.toString("latin1");
  switch (type) {
    case tag.t61String:
      return latin;
    case tag.printableString:
      return /^[a-zA-Z0-9'-)+-/ :=?*&]*$/.test(latin)
        ? latin
        : invalid("invalid PrintableString");
    case tag.utf8String:
      return fromUtf8(content) ?? invalid("invalid UTF-8 string");
    case tag.bmpString:
      return fromBmp(content) ?? invalid("invalid BMPString");
    case tag.ia5String:
      return isAscii(content) ? latin : invalid("invalid IA5String");
    case tag.numericString:
      return /^[0-9 ]*$/.test(latin) ? latin : invalid("invalid NumericString");
    default:
      return invalid(`unsupported string type: ${type}`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function fromUtf8(content: Buffer): string | undefined {
  try {
    return utf8.decode(content);
  } catch {
    return undefined;
  }
}

/** Text of UCS-2, which has neither surrogates nor noncharacters. */
function fromBmp(content: Buffer): string | undefined {
  if (content.length % 2 !== 0) {
    return undefined;
  }
  const text = Buffer.from(content).swap16().toString("utf16le");
  const ended = text.endsWith("\0") ? text.slice(0, -1) : text;
  return /[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/.test(ended)
    ? undefined
    : ended;
}

export function isAscii(content: Buffer): boolean {
  return content.every((byte) => byte < 0x80);
}
