import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import {
  BuiltinError,
  type HostBuiltin,
  RegoSet,
} from "../engine/builtins/index.ts";

/** `net.lookup_ip_addr(name)`: the set of a host's addresses, if the network policy names the host. */
const lookupAddress: HostBuiltin = {
  name: "net.lookup_ip_addr",
  nondeterministic: true,
  answersLater: true,
  run: ([name], { network }) => {
    const host = name as string;
    if (!network.allows(host)) {
      throw new BuiltinError(`disallowed host: ${host}`);
    }
    return isIP(host) === 0
      ? resolve(host)
      : RegoSet.of([isIPv6(host) ? canonical(host) : host]);
  },
};

export const dnsBuiltins: readonly HostBuiltin[] = [lookupAddress];

async function resolve(host: string): Promise<RegoSet> {
  try {
    const found = await lookup(host, { all: true });
    return RegoSet.of(found.map(({ address }) => address));
  } catch {
    throw new BuiltinError(`lookup ${host}: no such host`);
  }
}

/** The shortest text of an IPv6 address; one with a zone stays as it is. */
function canonical(address: string): string {
  return address.includes("%")
    ? address
    : new URL(`http://[${address}]`).hostname.slice(1, -1);
}
