import { isUtf8 } from "node:buffer";
import type { CheckRequest, HttpRequest } from "./check-request.ts";
import { decodeText } from "./go-text.ts";

/** The parts of a node:http request that a check is about. */
type IncomingRequest = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
};

type Extras = {
  readonly pathPrefix: string;
  readonly bytes: Buffer | undefined;
  /** Larger than `bytes` when the body was not kept whole. */
  readonly size: number;
};

/**
 * The check that a request of HTTP mode stands for, in the form in which gRPC
 * mode has it; the connection's own addresses are Envoy's and stay out.
 */
export function toCheckRequest(
  request: IncomingRequest,
  { pathPrefix, bytes, size }: Extras,
): CheckRequest {
  const method = request.method ?? "";
  const path = cutPrefix(toText(request.url ?? ""), pathPrefix);
  const headers = readHeaders(request.rawHeaders);
  const host = headers["host"] ?? "";
  const scheme = headers["x-forwarded-proto"] ?? "http";
  headers[":authority"] = host;
  headers[":method"] = method;
  headers[":path"] = path;
  headers[":scheme"] = scheme;
  const now = Date.now();
  const http: HttpRequest = {
    method,
    path,
    host,
    scheme,
    protocol: `HTTP/${request.httpVersion}`,
    headers,
    size,
    ...toBody(bytes),
  };
  return {
    attributes: {
      request: {
        time: {
          seconds: Math.floor(now / 1000),
          nanos: (now % 1000) * 1_000_000,
        },
        http,
      },
    },
  };
}

/** Envoy puts its `path_prefix` before every path; the rest is the client's. */
function cutPrefix(path: string, prefix: string): string {
  if (prefix === "" || !path.startsWith(prefix)) {
    return path;
  }
  const rest = path.slice(prefix.replace(/\/$/, "").length);
  if (rest.startsWith("/")) {
    return rest;
  }
  return rest === "" || rest.startsWith("?") ? `/${rest}` : path;
}

function toBody(
  bytes: Buffer | undefined,
): Pick<HttpRequest, "body" | "rawBody"> {
  if (bytes === undefined || bytes.length === 0) {
    return {};
  }
  return isUtf8(bytes) ? { body: bytes.toString("utf8") } : { rawBody: bytes };
}

/** Values of one name are joined as Envoy joins them. */
function readHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = toText(raw[index + 1] ?? "");
    const earlier = headers[name];
    const separator = name === "cookie" ? "; " : ",";
    headers[name] =
      earlier === undefined ? value : `${earlier}${separator}${value}`;
  }
  return headers;
}

const ascii = /^[ -~\t]*$/;

/** node:http gives one character a byte; what was sent is UTF-8, mostly. */
function toText(latin1: string): string {
  return ascii.test(latin1)
    ? latin1
    : decodeText(Buffer.from(latin1, "latin1"));
}
