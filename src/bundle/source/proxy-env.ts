import { BlockList, isIP } from "node:net";
import { fault } from "../fault.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for an address by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as Go's clients read them. */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const isSecure = url.protocol === "https:";
  const proxy = isSecure
    ? read(environment, "HTTPS_PROXY")
    : // A server's CGI program would take the client's header `Proxy` for it.
      environment["REQUEST_METHOD"]
      ? ""
      : read(environment, "HTTP_PROXY");
  if (proxy === "" || isDirect(url, read(environment, "NO_PROXY"))) {
    return undefined;
  }
  return readProxy(proxy);
}

function read(environment: Environment, name: string): string {
  return environment[name] || environment[name.toLowerCase()] || "";
}

/** What is wrong is not shown: it may hold a password. */
function readProxy(text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw fault(
      "the proxy of the environment is no http:// or https:// address",
    );
  }
  return url;
}

function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return (
    isLoopback(host) ||
    noProxy
      .split(",")
      .map((rule) => rule.trim().toLowerCase())
      .some((rule) => rule !== "" && matches(rule, host, port))
  );
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."))
  );
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === "*") {
    return true;
  }
  const range = /^(.+)\/(\d+)$/.exec(rule);
  if (range) {
    return isInRange(host, range[1] ?? "", Number(range[2]));
  }
  const [, name = rule, wanted] =
    isIP(rule) === 0 ? (/^\[?(.*?)\]?:(\d+)$/.exec(rule) ?? []) : [];
  if (wanted !== undefined && wanted !== port) {
    return false;
  }
  if (isIP(name) !== 0) {
    return name === host;
  }
  // `a.b` is the host and all below it, `.a.b` and `*.a.b` only those below.
  const below = name.replace(/^\*(?=\.)/, "");
  return below.startsWith(".")
    ? host.endsWith(below)
    : host === below || host.endsWith(`.${below}`);
}

function isInRange(host: string, network: string, prefix: number): boolean {
  const [family, own] = [isIP(network), isIP(host)];
  if (family === 0 || family !== own || prefix > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
