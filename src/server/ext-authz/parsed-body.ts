import type { HttpRequest } from "./check-request.ts";
import {
  decodeText,
  integerFault,
  parseQuery,
  queryFault,
  valuesJson,
} from "./go-text.ts";
import { parseMediaType } from "./media-type.ts";
import { readMultipart } from "./multipart.ts";

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
  | {
      readonly kind: "fault";
      readonly reason: string;
      /** The text that is no JSON, where that is the fault. */
      readonly json?: string;
    };

/** A body that is not there, or of a kind that is not parsed. */
export const unparsed: ParsedBody = {
  kind: "parsed",
  json: "null",
  isTruncated: false,
};
/** A body that did not come whole. */
export const truncated: ParsedBody = {
  kind: "parsed",
  json: "null",
  isTruncated: true,
};

/**
 * opa-envoy-plugin's rules: content types are matched as case-sensitive parts
 * of the header; a body that is shorter than `content-length` is not read.
 * A JSON body keeps its source text, so numbers keep every digit. Bodies of
 * gRPC are for `parseGrpc`; without it they are not parsed.
 */
export function parseBody(
  body: CapturedBody,
  headers: Readonly<Record<string, string>>,
  parseGrpc: (body: CapturedBody) => ParsedBody = () => unparsed,
): ParsedBody {
  if (headers["x-envoy-auth-partial-body"] === "true") {
    return truncated;
  }
  const type = headers["content-type"] ?? "";
  if (isGrpc(type)) {
    return parseGrpc(body);
  }
  const parse = findParser(type);
  if (parse === undefined || body.length === 0) {
    return unparsed;
  }
  const length = headers["content-length"];
  if (length !== undefined) {
    const reason = integerFault(length);
    if (reason !== undefined) {
      return fault(reason);
    }
    if (BigInt(length.replace("+", "")) > BigInt(body.length)) {
      return truncated;
    }
  }
  return parse(body.text, type);
}

function isGrpc(type: string): boolean {
  return type.includes("application/grpc") && !type.includes(jsonType);
}

const jsonType = "application/json";

type Parser = (text: string, type: string) => ParsedBody;

function findParser(type: string): Parser | undefined {
  if (type.includes(jsonType)) {
    return parseJson;
  }
  if (type.includes("application/x-www-form-urlencoded")) {
    return parseForm;
  }
  return type.includes("multipart/form-data") ? parseParts : undefined;
}

function parseJson(text: string): ParsedBody {
  return isJson(text)
    ? { kind: "parsed", json: text, isTruncated: false }
    : noJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function noJson(text: string): ParsedBody {
  return { kind: "fault", reason: "the body is not JSON", json: text };
}

function parseForm(text: string): ParsedBody {
  const values = parseQuery(text);
  return values
    ? { kind: "parsed", json: valuesJson(values), isTruncated: false }
    : fault(queryFault(text) ?? "the body is not a form");
}

function parseParts(text: string, type: string): ParsedBody {
  const media = parseMediaType(type);
  if (media.kind === "fault") {
    return fault(media.reason);
  }
  const boundary = media.parameters.get("boundary");
  if (boundary === undefined) {
    return unparsed;
  }
  const parts = new Map<string, string[]>();
  let wrongJson: string | undefined;
  const reason = readMultipart(text, boundary, (part) => {
    if (part.isJson && !isJson(part.text)) {
      wrongJson = part.text;
      return "a part is not JSON";
    }
    const json = part.isJson ? part.text : JSON.stringify(part.text);
    const list = parts.get(part.name);
    if (list) {
      list.push(json);
    } else {
      parts.set(part.name, [json]);
    }
    return undefined;
  });
  if (wrongJson !== undefined) {
    return noJson(wrongJson);
  }
  if (reason !== undefined) {
    return fault(reason);
  }
  const members = [...parts].map(
    ([name, list]) => `${JSON.stringify(name)}:[${list.join(",")}]`,
  );
  return { kind: "parsed", json: `{${members.join(",")}}`, isTruncated: false };
}

function fault(reason: string): ParsedBody {
  return { kind: "fault", reason };
}
