import { unescapePath } from "./go-text.ts";

/** The parts of a request target that the input document shows. */
export type RequestPath = {
  /** As sent, up to the `?`. */
  readonly raw: string;
  /** After the first `?`; empty where there is none. */
  readonly query: string;
  /** RFC 3986 §6.2.2 with slashes merged: what a careful proxy would route by. */
  readonly normalised: string;
  /** Of the normalised path, each decoded on its own; empty ones dropped. */
  readonly segments: readonly string[];
};

// Nothing to normalise: by far the most paths.
const plainPath = /^(?:\/[A-Za-z0-9_~-]+)+$/;

/** Splits and normalises a request target; undefined for a bad escape. */
export function parseRequestPath(target: string): RequestPath | undefined {
  const mark = target.indexOf("?");
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  if (plainPath.test(raw)) {
    return { raw, query, normalised: raw, segments: raw.slice(1).split("/") };
  }
  if (unescapePath(raw) === undefined) {
    return undefined;
  }
  const normalised = normalisePath(raw);
  const segments = normalised
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => unescapePath(segment) ?? segment);
  return { raw, query, normalised, segments };
}

/**
 * Merges slashes (a backslash is one), decodes escapes of unreserved
 * characters, escapes what may not stand raw, then removes dot segments.
 * `%2F` stays: it is no separator. A trailing slash stays, too.
 */
function normalisePath(raw: string): string {
  const segments: string[] = [];
  const parts = raw.replaceAll("\\", "/").split("/").map(normaliseSegment);
  for (const part of parts) {
    if (part === "..") {
      segments.pop();
    } else if (part !== "" && part !== ".") {
      segments.push(part);
    }
  }
  const last = parts.at(-1) ?? "";
  const isFolder = last === "" || last === "." || last === "..";
  return `/${segments.join("/")}${isFolder && segments.length > 0 ? "/" : ""}`;
}

const escaped = /%([0-9A-Fa-f]{2})/g;
const unreserved = /[A-Za-z0-9\-._~]/;
// RFC 3986: a path segment is pchar: unreserved, escapes, sub-delims, ":", "@".
const notPathCharacter = /[^A-Za-z0-9\-._~%!$&'()*+,;=:@]/gu;

function normaliseSegment(segment: string): string {
  return segment
    .replace(escaped, (_, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return unreserved.test(character) ? character : `%${hex.toUpperCase()}`;
    })
    .replace(notPathCharacter, percentEncode);
}

function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/**
 * The path as opa-envoy-plugin splits it: decoded as a whole, leading slashes
 * dropped, so an escaped slash separates. Undefined for a bad escape.
 */
export function toParsedPath(raw: string): string[] | undefined {
  return unescapePath(raw)?.replace(/^\/+/, "").split("/");
}

const notToolCharacter = /[^A-Za-z0-9\-_~]/gu;

/**
 * A tool id for a request that is no MCP call: `http.get.admin%2Elist`.
 * Every byte outside letters, digits, `-`, `_` and `~` is escaped, so that a
 * dot only ever separates.
 */
export function toToolId(method: string, segments: readonly string[]): string {
  const parts = segments.map((segment) =>
    segment.replace(notToolCharacter, percentEncode),
  );
  return ["http", method.toLowerCase(), ...parts].join(".");
}
