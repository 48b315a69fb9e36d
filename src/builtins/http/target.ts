import { domainToASCII } from "node:url";
import {
  type BuiltinContext,
  BuiltinError,
} from "../../engine/builtins/index.ts";
import { GoUrlError, parseGoUrl as splitUrl } from "../go/url.ts";
import { parseGoUrl } from "../go-url.ts";

/** Where a request goes. What is checked is what is connected to. */
export type Target = {
  /** As errors show it: without a password. */
  readonly url: string;
  readonly scheme: string;
  /** With the port, as the `Host` header has it. */
  readonly host: string;
  /** Without the port and the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query as they go over the wire. */
  readonly path: string;
  /** `Authorization` of a URL with a user. */
  readonly authorization: string | undefined;
  /** A UNIX domain socket to connect to in place of the host. */
  readonly socket: string | undefined;
};

const ports: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Throws Go's error for what is no URL, and for a host that may not be contacted. */
export function readTarget(
  text: string,
  network: BuiltinContext["network"],
): Target {
  const { Scheme, Host, User } = split(text);
  const { escapedPath, rawQuery } = parseGoUrl(text);
  const { hostname, port } = splitHost(Host);
  if (!network.allows(hostname)) {
    throw new BuiltinError(`disallowed host: ${hostname}`);
  }
  const socket = Scheme === "unix" ? takeSocket(rawQuery) : undefined;
  const scheme = socket === undefined ? Scheme : "http";
  const query = socket === undefined ? rawQuery : socket.query;
  return {
    url: text.replace(/^([^/?#]*\/\/[^/?#@:]*):[^/?#]*@/, "$1:***@"),
    scheme,
    host: Host,
    hostname: domainToASCII(hostname) || hostname,
    port: port === "" ? (ports[scheme] ?? 0) : Number(port),
    path: wirePath(escapedPath, query),
    authorization: User === null ? undefined : basic(User.toString()),
    socket: socket?.path,
  };
}

function split(text: string): ReturnType<typeof splitUrl> {
  try {
    return splitUrl(text);
  } catch (error) {
    throw error instanceof GoUrlError ? new BuiltinError(error.message) : error;
  }
}

function splitHost(host: string): {
  readonly hostname: string;
  readonly port: string;
} {
  const [, address, name = "", port = ""] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host) ?? [];
  return { hostname: address ?? name, port };
}

/** The socket that a query names, and the query without it; undefined for no query. */
function takeSocket(
  query: string,
): { readonly path: string; readonly query: string } | undefined {
  if (query === "") {
    return undefined;
  }
  const parameters = new URLSearchParams(query);
  const path = parameters.get("socket") ?? "";
  parameters.delete("socket");
  parameters.sort();
  return { path, query: parameters.toString() };
}

function wirePath(path: string, query: string): string {
  const whole = `${path.startsWith("/") ? "" : "/"}${path}${query === "" ? "" : `?${query}`}`;
  return Buffer.from(whole)
    .toString("latin1")
    .replace(
      /[^!-~]/g,
      (byte) =>
        `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    );
}

function basic(user: string): string {
  const plain = user.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escaped) =>
    Buffer.from(escaped.replaceAll("%", ""), "hex").toString(),
  );
  const pair = plain.includes(":") ? plain : `${plain}:`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
