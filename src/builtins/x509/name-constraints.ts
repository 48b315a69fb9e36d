import { isIP } from "node:net";
import { goQuote } from "../go/quote.ts";
import { isDomain } from "./alternative-names.ts";
import type { ExtensionFields, IpRange } from "./certificate.ts";
import { context, DerReader, tag } from "./der.ts";
import { type Extension, fail } from "./extension.ts";
import { parseMailbox } from "./mailbox.ts";
import { isAscii } from "./name.ts";

type Subtrees = {
  dns: string[] | null;
  ip: IpRange[] | null;
  email: string[] | null;
  uri: string[] | null;
  handled: boolean;
};

/** Reads the name constraints; false where one is of a kind that Go does not know. */
export function readNameConstraints(
  fields: ExtensionFields,
  { Value, Critical }: Extension,
): boolean {
  const invalid = "invalid NameConstraints extension";
  const outer = new DerReader(Value);
  const top = outer.inside(tag.sequence) ?? fail(invalid);
  const part = (field: number) =>
    top.has(field) ? (top.content(field) ?? fail(invalid)) : Buffer.alloc(0);
  const [permitted, excluded] = [
    part(context(0, true)),
    part(context(1, true)),
  ];
  if (!outer.empty || !top.empty) {
    fail(invalid);
  }
  if (permitted.length === 0 && excluded.length === 0) {
    fail("empty name constraints extension");
  }
  const [allowed, refused] = [readSubtrees(permitted), readSubtrees(excluded)];
  fields.PermittedDNSDomains = allowed.dns;
  fields.PermittedIPRanges = allowed.ip;
  fields.PermittedEmailAddresses = allowed.email;
  fields.PermittedURIDomains = allowed.uri;
  fields.ExcludedDNSDomains = refused.dns;
  fields.ExcludedIPRanges = refused.ip;
  fields.ExcludedEmailAddresses = refused.email;
  fields.ExcludedURIDomains = refused.uri;
  fields.PermittedDNSDomainsCritical = Critical;
  return allowed.handled && refused.handled;
}

function readSubtrees(der: Buffer): Subtrees {
  const reader = new DerReader(der);
  const found: Subtrees = {
    dns: null,
    ip: null,
    email: null,
    uri: null,
    handled: true,
  };
  while (!reader.empty) {
    const base = reader.inside(tag.sequence)?.any();
    if (base === undefined) {
      fail("invalid NameConstraints extension");
    }
    addSubtree(found, base.tag, base.content);
  }
  return found;
}

function addSubtree(found: Subtrees, kind: number, content: Buffer): void {
  switch (kind) {
    case context(2):
      found.dns = [...(found.dns ?? []), readDomain("dnsName", content)];
      break;
    case context(7):
      found.ip = [...(found.ip ?? []), readRange(content)];
      break;
    case context(1):
      found.email = [...(found.email ?? []), readEmail(content)];
      break;
    case context(6):
      found.uri = [...(found.uri ?? []), readUriDomain(content)];
      break;
    default:
      found.handled = false;
  }
}

function readText(content: Buffer): string {
  const text = content.toString("utf8");
  return isAscii(content)
    ? text
    : fail(
        `invalid constraint value: x509: ${goQuote(content)} cannot be encoded as an IA5String`,
      );
}

function readDomain(what: string, content: Buffer): string {
  const text = readText(content);
  return isDomain(text, true)
    ? text
    : fail(`failed to parse ${what} constraint ${goQuote(text)}`);
}

function readEmail(content: Buffer): string {
  const text = readText(content);
  if (!text.includes("@")) {
    return readDomain("rfc822Name", content);
  }
  return parseMailbox(text) === undefined
    ? fail(`failed to parse rfc822Name constraint ${goQuote(text)}`)
    : text;
}

function readUriDomain(content: Buffer): string {
  const text = readText(content);
  return isIP(text) === 0
    ? readDomain("URI", content)
    : fail(
        `failed to parse URI constraint ${goQuote(text)}: cannot be IP address`,
      );
}

function readRange(content: Buffer): IpRange {
  const half = content.length / 2;
  if (half !== 4 && half !== 16) {
    fail(`IP constraint contained value of length ${content.length}`);
  }
  const mask = content.subarray(half);
  const bits = [...mask]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits)
    ? { ip: content.subarray(0, half), mask }
    : fail(`IP constraint contained invalid mask ${mask.toString("hex")}`);
}
