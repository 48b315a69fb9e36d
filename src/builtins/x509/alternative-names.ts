import { goQuote } from "../go/quote.ts";
import { formatGoUrl, type GoUrl, GoUrlError, parseGoUrl } from "../go/url.ts";
import { context, DerReader, tag } from "./der.ts";
import { fail } from "./extension.ts";
import { ipText } from "./ip.ts";
import { isAscii } from "./name.ts";

/** The names of a SubjectAltName extension, of the kinds that Go keeps. */
export type AlternativeNames = {
  DNSNames: string[] | null;
  EmailAddresses: string[] | null;
  IPAddresses: string[] | null;
  URIs: GoUrl[] | null;
};

export const noNames: Readonly<AlternativeNames> = {
  DNSNames: null,
  EmailAddresses: null,
  IPAddresses: null,
  URIs: null,
};

export function parseAlternativeNames(value: Buffer): AlternativeNames {
  const names: AlternativeNames = { ...noNames };
  const list =
    new DerReader(value).inside(tag.sequence) ??
    fail("invalid subject alternative names");
  while (!list.empty) {
    const { tag: kind, content } =
      list.any() ?? fail("invalid subject alternative name");
    addName(names, kind, content);
  }
  return names;
}

function addName(names: AlternativeNames, kind: number, content: Buffer): void {
  const text = (what: string) =>
    isAscii(content)
      ? content.toString("latin1")
      : fail(`SAN ${what} is malformed`);
  switch (kind) {
    case context(1):
      names.EmailAddresses = [
        ...(names.EmailAddresses ?? []),
        text("rfc822Name"),
      ];
      break;
    case context(2):
      names.DNSNames = [...(names.DNSNames ?? []), text("dNSName")];
      break;
    case context(6):
      names.URIs = [
        ...(names.URIs ?? []),
        parseUri(text("uniformResourceIdentifier")),
      ];
      break;
    case context(7):
      names.IPAddresses = [
        ...(names.IPAddresses ?? []),
        ipText(content) ??
          fail(`cannot parse IP address of length ${content.length}`),
      ];
      break;
    default:
  }
}

function parseUri(text: string): GoUrl {
  try {
    const url = parseGoUrl(text);
    if (url.Host !== "" && !isDomain(url.Host, false)) {
      fail(`cannot parse URI ${goQuote(text)}: invalid domain`);
    }
    return url;
  } catch (error) {
    if (error instanceof GoUrlError) {
      fail(`cannot parse URI ${goQuote(text)}: ${error.message}`);
    }
    throw error;
  }
}

/** The texts of the URIs; null where the extension has none. */
export function uriTexts({ URIs }: AlternativeNames): string[] | null {
  return URIs?.map(formatGoUrl) ?? null;
}

/** Whether labels are not empty and printable; a constraint may begin with a dot. */
export function isDomain(text: string, constraint: boolean): boolean {
  if (text === "") {
    return true;
  }
  const labels = constraint && text.startsWith(".") ? text.slice(1) : text;
  return labels.split(".").every((label) => /^[!-~]+$/.test(label));
}
