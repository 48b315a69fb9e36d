import { attributesJson } from "../ext-authz/attributes-json.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { responseJson } from "../ext-authz/proto-json.ts";

/** A check that can be replayed, without what is secret in it. */
export type ComparedSample = {
  /** CheckRequest and the reference's CheckResponse, protobuf-JSON. */
  readonly request: unknown;
  readonly response: unknown;
  /** Pointers to what was taken out. */
  readonly masked: readonly string[];
};

const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|key|token|secret|password|signature/i;
const secretParameters = /key|token|secret|password|signature|code|session/i;

type Json = { [name: string]: unknown };

/** Takes out bodies, credentials and what names say is secret. */
export function toSample(
  { attributes }: CheckRequest,
  response: CheckResponse,
): ComparedSample {
  const masked: string[] = [];
  const shown = JSON.parse(attributesJson(attributes ?? {})) as {
    request?: { http?: Json };
  };
  const http = shown.request?.http;
  if (http) {
    maskHttp(http, masked);
  }
  return {
    request: { attributes: shown },
    response: JSON.parse(responseJson(response)),
    masked,
  };
}

const base = "/request/attributes/request/http";

function maskHttp(http: Json, masked: string[]): void {
  for (const name of ["body", "rawBody"]) {
    if (http[name] !== undefined) {
      delete http[name];
      masked.push(`${base}/${name}`);
    }
  }
  const headers = (http["headers"] ?? {}) as Json;
  for (const name of Object.keys(headers).filter(isSecretHeader)) {
    headers[name] = "***";
    masked.push(`${base}/headers/${name.replaceAll("/", "~1")}`);
  }
  const { headers: list = [] } = (http["headerMap"] ?? {}) as {
    headers?: Json[];
  };
  for (const [index, header] of list.entries()) {
    if (isSecretHeader(String(header["key"]))) {
      delete header["rawValue"];
      header["value"] = "***";
      masked.push(`${base}/headerMap/headers/${index}`);
    }
  }
  maskQuery(http, "path", masked);
  maskQuery(headers, ":path", []);
}

function isSecretHeader(name: string): boolean {
  return secretHeaders.test(name);
}

function maskQuery(holder: Json, member: string, masked: string[]): void {
  const path = holder[member];
  const at = typeof path === "string" ? path.indexOf("?") : -1;
  if (typeof path !== "string" || at === -1) {
    return;
  }
  const parts = path.slice(at + 1).split("&");
  const cleaned = parts.map((part) => {
    const [name = ""] = part.split("=", 1);
    return secretParameters.test(name) ? `${name}=***` : part;
  });
  if (cleaned.some((part, index) => part !== parts[index])) {
    holder[member] = `${path.slice(0, at)}?${cleaned.join("&")}`;
    masked.push(`${base}/${member}`);
  }
}
