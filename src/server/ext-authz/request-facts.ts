import type { CheckRequest, HttpRequest, RawHeader } from "./check-request.ts";
import { decodeText } from "./go-text.ts";

/** What answer and record need to know of a request, whatever became of it. */
export type RequestFacts = {
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  /** Normalised where it can be, else as sent; without the query. */
  readonly path: string;
  /** The tool of an MCP call, else the tool id of method and path. */
  readonly tool?: string | undefined;
  readonly mcpMethod?: string | undefined;
  /** The JSON source text of the JSON-RPC id, to answer with. */
  readonly mcpId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** `x-portcullis-*` headers that the client sent. */
  readonly forgedHeaders: readonly string[];
};

/** Why a request is denied before any guard sees it. */
export type Refusal = {
  readonly code:
    | "request_parse_error"
    | "body_truncated"
    | "mcp_malformed"
    | "mcp_batch"
    | "mcp_empty_body"
    | "mcp_content_type"
    | "mcp_content_encoding"
    | "mcp_metadata_mismatch";
  readonly reason: string;
  readonly httpStatus: 400 | 403;
};

/** A request that was read: to be judged, refused, or let through unseen. */
export type ReadRequest =
  | {
      readonly kind: "judged";
      readonly facts: RequestFacts;
      /** The input document as UTF-8 JSON. */
      readonly input: Uint8Array;
    }
  | {
      readonly kind: "refused";
      readonly facts: RequestFacts;
      readonly refusal: Refusal;
    }
  | { readonly kind: "excluded"; readonly facts: RequestFacts };

/** A CheckRequest that has all that a check needs. */
export type HttpCheck = {
  readonly attributes: NonNullable<CheckRequest["attributes"]>;
  readonly http: HttpRequest;
  readonly headers: Readonly<Record<string, string>>;
};

/** Prefix of the headers that only this server may set. */
export const reservedPrefix = "x-portcullis-";

// Version 00; later versions may append fields.
const traceparent =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/** The facts that need no parsing of path or body. */
export function readFacts({ http, headers }: HttpCheck): RequestFacts {
  const trace = headers["traceparent"];
  return {
    requestId: headers["x-request-id"] ?? "",
    method: http.method ?? "",
    host: http.host ?? "",
    path: (http.path ?? "").split("?", 1)[0] ?? "",
    traceparent: trace && traceparent.test(trace) ? trace : undefined,
    forgedHeaders: Object.keys(headers).filter((name) =>
      name.toLowerCase().startsWith(reservedPrefix),
    ),
  };
}

/**
 * The headers by lower-case name. Envoy sends a map, or with
 * `encode_raw_headers` a list that keeps every value: those of one name are
 * joined as Envoy joins them.
 */
export function readHeaders(
  http: HttpRequest,
): Readonly<Record<string, string>> {
  const list = http.headerMap?.headers;
  return list?.length ? joinHeaders(list) : (http.headers ?? {});
}

function joinHeaders(list: readonly RawHeader[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (const { key = "", value = "", rawValue } of list) {
    const name = key.toLowerCase();
    const text = rawValue?.length ? decodeText(rawValue) : value;
    const earlier = headers.get(name);
    const separator = name === "cookie" ? "; " : ",";
    headers.set(
      name,
      earlier === undefined ? text : `${earlier}${separator}${text}`,
    );
  }
  return Object.fromEntries(headers);
}
