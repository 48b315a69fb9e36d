import type { HttpRequest } from "./check-request.ts";
import { decodeText, parseQuery, valuesJson } from "./go-text.ts";
import { parseMultipart, toBoundary } from "./multipart.ts";

/** The captured body: Envoy sends it as text or as bytes; text wins. */
export type CapturedBody = {
  readonly text: string;
  readonly bytes: Uint8Array | undefined;
  readonly length: number;
};

export function toCapturedBody(http: HttpRequest): CapturedBody {
  if (http.body) {
    return {
      text: http.body,
      bytes: undefined,
      length: Buffer.byteLength(http.body),
    };
  }
  const bytes = http.rawBody;
  // The decoder's default for bytes is an empty list.
  return bytes?.length
    ? { text: decodeText(bytes), bytes, length: bytes.length }
    : noBody;
}

const noBody: CapturedBody = { text: "", bytes: undefined, length: 0 };

/** `parsed_body` as JSON text and `truncated_body`, or why there is none. */
export type ParsedBody =
  | {
      readonly kind: "parsed";
      readonly json: string;
      readonly isTruncated: boolean;
    }
  | { readonly kind: "fault"; readonly reason: string };

const none: ParsedBody = { kind: "parsed", json: "null", isTruncated: false };
const truncated: ParsedBody = {
  kind: "parsed",
  json: "null",
  isTruncated: true,
};

/**
 * opa-envoy-plugin's rules: content types are matched as case-sensitive parts
 * of the header; a body that is shorter than `content-length` is not read.
 * A JSON body keeps its source text, so numbers keep every digit.
 */
export function parseBody(
  body: CapturedBody,
  headers: Readonly<Record<string, string>>,
): ParsedBody {
  if (headers["x-envoy-auth-partial-body"] === "true") {
    return truncated;
  }
  const type = headers["content-type"] ?? "";
  const parse = findParser(type);
  if (parse === undefined || body.length === 0) {
    return none;
  }
  const length = headers["content-length"];
  if (length !== undefined && length !== "") {
    if (!isInt64(length)) {
      return fault("content-length is not a number");
    }
    if (BigInt(length) > BigInt(body.length)) {
      return truncated;
    }
  }
  return parse(body.text, type);
}

type Parser = (text: string, type: string) => ParsedBody;

function findParser(type: string): Parser | undefined {
  if (type.includes("application/json")) {
    return parseJson;
  }
  if (type.includes("application/x-www-form-urlencoded")) {
    return parseForm;
  }
  return type.includes("multipart/form-data") ? parseParts : undefined;
}

/** A signed 64-bit integer in decimal. */
function isInt64(text: string): boolean {
  if (!/^[+-]?[0-9]{1,30}$/.test(text)) {
    return false;
  }
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value;
}

function parseJson(text: string): ParsedBody {
  return isJson(text)
    ? { kind: "parsed", json: text, isTruncated: false }
    : fault("the body is not JSON");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseForm(text: string): ParsedBody {
  const values = parseQuery(text);
  return values
    ? { kind: "parsed", json: valuesJson(values), isTruncated: false }
    : fault("the body is not a form");
}

function parseParts(text: string, type: string): ParsedBody {
  const boundary = toBoundary(type);
  if (boundary === undefined) {
    return none;
  }
  const parts = new Map<string, string[]>();
  let isFaulty = false;
  const isWhole = parseMultipart(text, boundary, (part) => {
    isFaulty ||= part.isJson && !isJson(part.text);
    const json = part.isJson ? part.text : JSON.stringify(part.text);
    parts.set(part.name, [...(parts.get(part.name) ?? []), json]);
  });
  if (!isWhole || isFaulty) {
    return fault("the body is not the form that it says");
  }
  const members = [...parts].map(
    ([name, list]) => `${JSON.stringify(name)}:[${list.join(",")}]`,
  );
  return { kind: "parsed", json: `{${members.join(",")}}`, isTruncated: false };
}

function fault(reason: string): ParsedBody {
  return { kind: "fault", reason };
}
