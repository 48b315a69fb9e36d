import { goQuote } from "./quote.ts";

/** A URL in the fields of Go's `url.URL`. */
export type GoUrl = {
  Scheme: string;
  Opaque: string;
  User: UserInfo | null;
  Host: string;
  Path: string;
  RawPath: string;
  OmitHost: boolean;
  ForceQuery: boolean;
  RawQuery: string;
  Fragment: string;
  RawFragment: string;
};

/** User and password, which Go's JSON keeps to itself. */
class UserInfo {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export class GoUrlError extends Error {
  override readonly name = "GoUrlError";
}

/** Splits a URL of ASCII as Go's `url.Parse` does. */
export function parseGoUrl(text: string): GoUrl {
  const hash = text.indexOf("#");
  const before = hash < 0 ? text : text.slice(0, hash);
  const url = parseWithoutFragment(text, before);
  if (hash >= 0) {
    const raw = text.slice(hash + 1);
    url.Fragment = unescapePart(text, raw);
    url.RawFragment =
      raw === escapePart(url.Fragment, fragmentBytes) ? "" : raw;
  }
  return url;
}

function fail(text: string, what: string): never {
  throw new GoUrlError(`parse ${goQuote(text)}: ${what}`);
}

function parseWithoutFragment(text: string, before: string): GoUrl {
  if ([...before].some((char) => char < " " || char === "\x7f")) {
    fail(text, "net/url: invalid control character in URL");
  }
  const url: GoUrl = {
    Scheme: "",
    Opaque: "",
    User: null,
    Host: "",
    Path: "",
    RawPath: "",
    OmitHost: false,
    ForceQuery: false,
    RawQuery: "",
    Fragment: "",
    RawFragment: "",
  };
  if (before === "*") {
    url.Path = "*";
    return url;
  }
  const rest = takeQuery(url, takeScheme(url, text, before));
  if (!rest.startsWith("/")) {
    if (url.Scheme !== "") {
      url.Opaque = rest;
      return url;
    }
    if ((rest.split("/")[0] ?? "").includes(":")) {
      fail(text, "first path segment in URL cannot contain colon");
    }
  }
  const path = takeAuthority(url, text, rest);
  url.Path = unescapePart(text, path);
  url.RawPath = path === escapePart(url.Path, pathBytes) ? "" : path;
  return url;
}

function takeScheme(url: GoUrl, text: string, rest: string): string {
  if (rest.startsWith(":")) {
    fail(text, "missing protocol scheme");
  }
  const [whole, scheme = ""] = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest) ?? [];
  url.Scheme = scheme.toLowerCase();
  return whole === undefined ? rest : rest.slice(whole.length);
}

function takeQuery(url: GoUrl, rest: string): string {
  const at = rest.indexOf("?");
  if (at < 0) {
    return rest;
  }
  url.ForceQuery = at === rest.length - 1;
  url.RawQuery = rest.slice(at + 1);
  return rest.slice(0, at);
}

function takeAuthority(url: GoUrl, text: string, rest: string): string {
  const noHost = url.Scheme === "" && rest.startsWith("///");
  if (!rest.startsWith("//") || noHost) {
    url.OmitHost = url.Scheme !== "" && rest.startsWith("/");
    return rest;
  }
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const at = authority.lastIndexOf("@");
  url.User = at < 0 ? null : new UserInfo(authority.slice(0, at));
  const bad = /[ "<>\\^`{|}]/.exec(authority.slice(at + 1))?.[0];
  if (bad !== undefined) {
    fail(text, `invalid character ${goQuote(bad)} in host name`);
  }
  url.Host = unescapePart(text, authority.slice(at + 1));
  checkPort(text, url.Host);
  return slash < 0 ? "" : rest.slice(slash);
}

function checkPort(text: string, host: string): void {
  const colon = host.startsWith("[")
    ? host.indexOf("]") + 1
    : host.lastIndexOf(":");
  const port = colon < 0 ? "" : host.slice(colon);
  if (host.startsWith("[") && colon === 0) {
    fail(text, "missing ']' in host");
  }
  if (!/^(?::\d*)?$/.test(port)) {
    fail(text, `invalid port ${goQuote(port)} after host`);
  }
}

function unescapePart(text: string, part: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(part)?.[0];
  if (bad !== undefined) {
    fail(text, `invalid URL escape ${goQuote(bad)}`);
  }
  return Buffer.from(
    part.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    "latin1",
  ).toString("utf8");
}

const pathBytes = /[a-zA-Z0-9\-_.~$&+,/:;=@]/;
const fragmentBytes = /[a-zA-Z0-9\-_.~$&+,/:;=?@!()*']/;

function escapePart(text: string, plain: RegExp): string {
  let escaped = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const char = String.fromCharCode(byte);
    escaped += plain.test(char)
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** The URL's text as Go's `String` writes it. */
export function formatGoUrl(url: GoUrl): string {
  const scheme = url.Scheme === "" ? "" : `${url.Scheme}:`;
  const query = url.ForceQuery || url.RawQuery !== "" ? `?${url.RawQuery}` : "";
  const fragment =
    url.Fragment === ""
      ? ""
      : `#${url.RawFragment || escapePart(url.Fragment, fragmentBytes)}`;
  if (url.Opaque !== "") {
    return scheme + url.Opaque + query + fragment;
  }
  const omitted = url.OmitHost && url.Host === "" && url.User === null;
  const hasHost =
    (url.Scheme !== "" || url.Host !== "" || url.User !== null) &&
    !omitted &&
    (url.Host !== "" || url.Path !== "" || url.User !== null);
  const user = url.User === null ? "" : `${url.User}@`;
  const path = url.RawPath || escapePart(url.Path, pathBytes);
  return `${scheme}${hasHost ? `//${user}${url.Host}` : ""}${path}${query}${fragment}`;
}
