import { attributesJson } from "../attributes-json.ts";
import type { AttributeContext, CheckRequest } from "../check-request.ts";
import { escapeFault, parseQuery, queryFault, valuesJson } from "../go-text.ts";
import {
  type CapturedBody,
  type ParsedBody,
  parseBody,
  toCapturedBody,
} from "../parsed-body.ts";
import { toParsedPath } from "../request-path.ts";
import { attributesJsonV2 } from "./attributes-json-v2.ts";
import type { GrpcMethods } from "./grpc-body.ts";
import { jsonFault } from "./json-fault.ts";

/** Envoy's API that a check came by. */
export type ApiVersion = "v2" | "v3";

export type StrictInputOptions = {
  /** Leaves `parsed_body` and `truncated_body` out. */
  readonly skipBody: boolean;
  /** The methods whose requests can be read; without them bodies of gRPC are not. */
  readonly grpc: GrpcMethods | undefined;
};

/** The input document, as policies see it and as the log shows it. */
export type StrictInput = {
  readonly document: string;
  /** Its `version` is what Go makes of a value of Rego when it writes JSON. */
  readonly logged: string;
};

type Read = StrictInput | { readonly fault: string | Promise<string> };

/** CheckRequest → opa-envoy-plugin's input document, or its words for why there is none. */
export function readStrictInput(
  { attributes }: CheckRequest,
  api: ApiVersion,
  options: StrictInputOptions,
): Read {
  const http = attributes?.request?.http ?? {};
  const [rawPath = "", ...rest] = (http.path ?? "").split("?");
  const rawQuery = rest.join("?");
  const path = toParsedPath(rawPath);
  if (path === undefined) {
    return { fault: escapeFault(rawPath) ?? "" };
  }
  const query = parseQuery(rawQuery);
  if (query === undefined) {
    return { fault: queryFault(rawQuery) ?? "" };
  }
  const body = options.skipBody
    ? undefined
    : parseBody(capture(http, api), http.headers ?? {}, (captured) =>
        parseGrpc(captured, path, options.grpc),
      );
  if (body?.kind === "fault") {
    return {
      fault: body.json === undefined ? body.reason : jsonFault(body.json),
    };
  }
  const members = [
    ...toAttributes(attributes, api),
    `"parsed_path":${JSON.stringify(path)}`,
    `"parsed_query":${valuesJson(query)}`,
    ...bodyMembers(body),
    ...principal(attributes),
  ].join(",");
  const { document, logged } = versions[api];
  return {
    document: `{${members},"version":${document}}`,
    logged: `{${members},"version":${logged}}`,
  };
}

function capture(
  http: NonNullable<NonNullable<AttributeContext["request"]>["http"]>,
  api: ApiVersion,
): CapturedBody {
  // Version 2 has no body as bytes.
  return toCapturedBody(api === "v2" ? { body: http.body ?? "" } : http);
}

function parseGrpc(
  body: CapturedBody,
  path: readonly string[],
  grpc: GrpcMethods | undefined,
): ParsedBody {
  return grpc === undefined || body.bytes === undefined
    ? { kind: "parsed", json: "null", isTruncated: false }
    : grpc.parse(body.bytes, path);
}

function toAttributes(
  attributes: CheckRequest["attributes"],
  api: ApiVersion,
): readonly string[] {
  if (!attributes) {
    return [];
  }
  const json =
    api === "v2" ? attributesJsonV2(attributes) : attributesJson(attributes);
  return [`"attributes":${json}`];
}

function bodyMembers(
  body: Extract<ParsedBody, { kind: "parsed" }> | undefined,
): readonly string[] {
  return body
    ? [`"parsed_body":${body.json}`, `"truncated_body":${body.isTruncated}`]
    : [];
}

function principal(attributes: CheckRequest["attributes"]): readonly string[] {
  const name = attributes?.source?.principal;
  return name ? [`"source_principal":${JSON.stringify(name)}`] : [];
}

const versions = {
  v2: versionOf("encoding/json", "v2"),
  v3: versionOf("protojson", "v3"),
} as const;

function versionOf(encoding: string, version: string): StrictInput {
  const term = (value: string) => ({ type: "string", value });
  return {
    document: JSON.stringify({ encoding, ext_authz: version }),
    logged: JSON.stringify([
      [term("encoding"), term(encoding)],
      [term("ext_authz"), term(version)],
    ]),
  };
}
