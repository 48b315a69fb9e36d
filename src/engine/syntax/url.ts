type Url = {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
};

/** A URL as Go's net/url reads and writes it; or why it is none. */
export function normalizeUrl(
  text: string,
): { readonly text: string } | { readonly fault: string } {
  const url = splitUrl(text);
  const fault = urlFault(text, url);
  return fault === undefined
    ? { text: writeUrl(url) }
    : { fault: `parse ${JSON.stringify(text)}: ${fault}` };
}

function splitUrl(text: string): Url {
  const [, scheme = "", behind = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([\s\S]*)$/.exec(text) ?? [];
  const [beforeFragment, fragment] = splitOnce(behind, "#");
  const [beforeQuery, query] = splitOnce(beforeFragment, "?");
  const [, authority, path = ""] =
    /^(?:\/\/([^/]*))?([\s\S]*)$/.exec(beforeQuery) ?? [];
  return { scheme, authority, path, query, fragment };
}

function splitOnce(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

function urlFault(text: string, url: Url): string | undefined {
  if ([...text].some((character) => character < " " || character === "\x7f")) {
    return "net/url: invalid control character in URL";
  }
  if (text.startsWith(":")) {
    return "missing protocol scheme";
  }
  if (url.scheme === "" && /^[^/]*:/.test(url.path) && !url.authority) {
    return "first path segment in URL cannot contain colon";
  }
  return hostFault(url.authority ?? "") ?? pathFault(url);
}

function hostFault(authority: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const port = /:([^:\]]*)$/.exec(host)?.[1] ?? "";
  if (!/^[0-9]*$/.test(port)) {
    return `invalid port ${JSON.stringify(`:${port}`)} after host`;
  }
  const wrong = /[ <>"]/.exec(host);
  return wrong
    ? `invalid character ${JSON.stringify(wrong[0])} in host name`
    : undefined;
}

function pathFault(url: Url): string | undefined {
  const at = isOpaque(url) ? -1 : url.path.search(/%(?![0-9a-fA-F]{2})/);
  return at < 0
    ? undefined
    : `invalid URL escape ${JSON.stringify(url.path.slice(at, at + 3))}`;
}

/** `mailto:a@b` has no path. */
function isOpaque({ authority, path, scheme }: Url): boolean {
  return scheme !== "" && authority === undefined && !path.startsWith("/");
}

function writeUrl(url: Url): string {
  const { scheme, authority, path, query, fragment } = url;
  return [
    scheme === "" ? "" : `${scheme.toLowerCase()}:`,
    authority === undefined ? "" : `//${authority}`,
    isOpaque(url) ? path : escapePath(path),
    query === undefined ? "" : `?${query}`,
    fragment === undefined ? "" : `#${escapePath(fragment)}`,
  ].join("");
}

function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~$&+,/:;=@!'()*[\]%?]/gu, (character) =>
    encodeURIComponent(character),
  );
}
