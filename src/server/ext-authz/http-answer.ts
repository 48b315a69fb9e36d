import type { NamedValues } from "../pipeline/verdict.ts";
import type { Answer } from "./answer.ts";

/** An answer of HTTP mode; headers as node:http takes them, name by value. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly text: string;
};

// These frame the message; a guard's value would break it.
const framing: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Answer → HTTP answer. 200 lets the request pass, so nothing else has it,
 * whoever made the answer. Envoy takes every 5xx for an error of ours that
 * `failure_mode_allow` may forgive, so a denial is never one; a failure always is.
 */
export function toHttpAnswer(answer: Answer): HttpAnswer {
  if (answer.kind === "allow") {
    const removed = answer.requestHeadersToRemove.join(", ");
    return {
      status: 200,
      headers: toHeaders([
        ...answer.headers,
        ...answer.responseHeadersToAdd,
        ...(removed === ""
          ? []
          : [["x-envoy-auth-headers-to-remove", removed] as const]),
      ]),
      text: "",
    };
  }
  return {
    status:
      answer.kind === "deny"
        ? denialStatus(answer.httpStatus)
        : Math.max(answer.httpStatus, 500),
    headers: toHeaders(answer.headers),
    text: answer.body,
  };
}

function denialStatus(status: number): number {
  return status < 300 || status >= 500 ? 403 : status;
}

function toHeaders(values: NamedValues): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of values) {
    if (framing.has(name)) {
      continue;
    }
    const bytes = toBytes(value);
    const earlier = headers[name];
    if (earlier === undefined) {
      headers[name] = bytes;
    } else {
      headers[name] = [earlier, bytes].flat();
    }
  }
  return headers;
}

const ascii = /^[ -~]*$/;

/** node:http writes one byte a character; the value goes out as UTF-8. */
function toBytes(value: string): string {
  return ascii.test(value)
    ? value
    : Buffer.from(value, "utf8").toString("latin1");
}
