import { isIP } from "node:net";
import { isDomain } from "./alternative-names.ts";
import type { Certificate, IpRange } from "./certificate.ts";
import { parseMailbox } from "./mailbox.ts";

/** Whether every certificate's names are within the constraints of those above it. */
export function checkNameConstraints(chain: readonly Certificate[]): boolean {
  return chain.every((certificate, index) => {
    const above = chain.slice(index + 1).filter(hasConstraints);
    if (above.length === 0) {
      return true;
    }
    const names = readNames(certificate);
    return names !== undefined && above.every((one) => permits(one, names));
  });
}

function hasConstraints({ extensions }: Certificate): boolean {
  return extensions.some(({ Id }) => Id.join(".") === "2.5.29.30");
}

type Names = {
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly {
    readonly local: string;
    readonly domain: string;
  }[];
  readonly ips: readonly string[];
};

/** The names in the form that constraints are about; undefined where one has none. */
function readNames({ fields }: Certificate): Names | undefined {
  const uris = (fields.URIs ?? []).map(({ Host }) => uriHost(Host));
  const emails = (fields.EmailAddresses ?? []).map(parseMailbox);
  const dns = fields.DNSNames ?? [];
  if (
    uris.includes(undefined) ||
    emails.includes(undefined) ||
    !dns.every((name) => isDomain(name, false))
  ) {
    return undefined;
  }
  return {
    dns,
    uris: uris.filter((uri) => uri !== undefined),
    emails: emails.filter((email) => email !== undefined),
    ips: fields.IPAddresses ?? [],
  };
}

/** The host without a port; undefined where there is none, or an address. */
function uriHost(host: string): string | undefined {
  const name =
    host.includes(":") && !host.endsWith("]")
      ? host.replace(/:\d*$/, "")
      : host;
  return name === "" ||
    name.startsWith("[") ||
    isIP(name) !== 0 ||
    name.includes(":")
    ? undefined
    : name.toLowerCase();
}

function permits({ fields }: Certificate, names: Names): boolean {
  return (
    names.dns.every((name) =>
      within(
        fields.PermittedDNSDomains,
        fields.ExcludedDNSDomains,
        (domain, excluded) =>
          isUnder(name, domain) || (excluded && wildcardMeets(name, domain)),
      ),
    ) &&
    names.uris.every((host) =>
      within(fields.PermittedURIDomains, fields.ExcludedURIDomains, (domain) =>
        isUnder(host, domain),
      ),
    ) &&
    names.emails.every((email) =>
      within(
        fields.PermittedEmailAddresses,
        fields.ExcludedEmailAddresses,
        (constraint) => emailMatches(email, constraint),
      ),
    ) &&
    names.ips.every((ip) =>
      within(fields.PermittedIPRanges, fields.ExcludedIPRanges, (range) =>
        contains(range, ip),
      ),
    )
  );
}

/** Permitted if there are such constraints, and not excluded. */
function within<T>(
  permitted: readonly T[] | null,
  excluded: readonly T[] | null,
  matches: (constraint: T, excluded: boolean) => boolean,
): boolean {
  return (
    (permitted === null || permitted.some((one) => matches(one, false))) &&
    !(excluded?.some((one) => matches(one, true)) ?? false)
  );
}

/** Whether the name is the domain or below it; below only where that begins with a dot. */
function isUnder(name: string, domain: string): boolean {
  const [low, limit] = [name.toLowerCase(), domain.toLowerCase()];
  return (
    limit === "" ||
    low === limit ||
    low.endsWith(limit.startsWith(".") ? limit : `.${limit}`)
  );
}

/** Whether `*.a.b` stands for names that the domain `x.a.b` is one of. */
function wildcardMeets(name: string, domain: string): boolean {
  const parent = (text: string) =>
    /^[^.]*(\..*)$/s.exec(text.toLowerCase())?.[1];
  return (
    name.startsWith("*") &&
    parent(domain) !== undefined &&
    parent(name) === parent(domain)
  );
}

function emailMatches(
  { local, domain }: { readonly local: string; readonly domain: string },
  constraint: string,
): boolean {
  const full = constraint.includes("@") ? parseMailbox(constraint) : undefined;
  return full === undefined
    ? isUnder(domain, constraint)
    : full.local === local &&
        full.domain.toLowerCase() === domain.toLowerCase();
}

function contains({ ip, mask }: IpRange, text: string): boolean {
  const bytes = toBytes(text);
  return (
    bytes.length === ip.length &&
    bytes.every(
      (byte, index) =>
        (byte & (mask[index] as number)) ===
        ((ip[index] as number) & (mask[index] as number)),
    )
  );
}

/** The bytes of an address as `ipText` spells it. */
function toBytes(text: string): readonly number[] {
  if (text.includes(".")) {
    return text.split(".").map(Number);
  }
  const [head = "", tail] = text.split("::");
  const groups = (part: string | undefined) =>
    part ? part.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [front, back] = [groups(head), groups(tail)];
  const zeros = Array<number>(8 - front.length - back.length).fill(0);
  return [...front, ...zeros, ...back].flatMap((group) => [
    group >> 8,
    group & 0xff,
  ]);
}
