import { PolicyError } from "../../engine/index.ts";
import { attributesJson } from "./attributes-json.ts";
import type { CheckRequest } from "./check-request.ts";
import { parseQuery, valuesJson } from "./go-text.ts";
import { compilePathGlobs } from "./mcp-paths.ts";
import { type McpReading, mcpJson, readMcp } from "./mcp-request.ts";
import type { CheckOptions } from "./options.ts";
import { type CapturedBody, parseBody, toCapturedBody } from "./parsed-body.ts";
import {
  type HttpCheck,
  type ReadRequest,
  type Refusal,
  type RequestFacts,
  readFacts,
  readHeaders,
} from "./request-facts.ts";
import {
  parseRequestPath,
  type RequestPath,
  toParsedPath,
  toToolId,
} from "./request-path.ts";

type ReaderOptions = Pick<
  CheckOptions,
  "excludedPaths" | "mcpPaths" | "onTruncatedBody"
>;

/** Reads one CheckRequest; throws PolicyError for one that is no HTTP request. */
export type RequestReader = (request: CheckRequest) => ReadRequest;

/**
 * Makes the reader: CheckRequest → input document, which is opa-envoy-plugin's
 * with `path`, `tool_id` and `mcp` added (docs/input.md).
 */
export function createRequestReader(options: ReaderOptions): RequestReader {
  const isMcpPath = compilePathGlobs(options.mcpPaths);
  const excluded = new Set(options.excludedPaths);
  return (request) => {
    const check = toHttpCheck(request);
    const facts = readFacts(check);
    const path = parseRequestPath(check.http.path ?? "");
    const query = path && parseQuery(path.query);
    if (path === undefined || query === undefined) {
      const part = path === undefined ? "path" : "query";
      return parseRefusal(
        facts,
        `the ${part} has an invalid escape or separator`,
      );
    }
    if (excluded.has(path.raw)) {
      return { kind: "excluded", facts };
    }
    const named = withPath(facts, path);
    const body = toCapturedBody(check.http);
    const known = { check, path, query, body, facts: named };
    const mayTruncate =
      options.onTruncatedBody === "allow" ||
      check.attributes.contextExtensions?.["body"] === "ignore";
    return readBody(known, isMcpPath(path.normalised), mayTruncate);
  };
}

/** W5, W6: what is no HTTP request is a failure of the caller, not a denial. */
function toHttpCheck({ attributes }: CheckRequest): HttpCheck {
  const http = attributes?.request?.http;
  if (!attributes || !http) {
    throw new PolicyError(
      "server_request_error",
      "the check has no attributes.request.http",
    );
  }
  if (!http.method || /[\s\p{Cc}]/u.test(http.method)) {
    throw new PolicyError(
      "server_request_error",
      "the request method is empty or has blanks or control characters",
    );
  }
  return { attributes, http, headers: readHeaders(http) };
}

function withPath(facts: RequestFacts, path: RequestPath): RequestFacts {
  return {
    ...facts,
    path: path.normalised,
    tool: toToolId(facts.method, path.segments),
  };
}

type Known = {
  readonly check: HttpCheck;
  readonly path: RequestPath;
  readonly query: ReadonlyMap<string, string[]>;
  readonly body: CapturedBody;
  readonly facts: RequestFacts;
};

function readBody(
  known: Known,
  isMcpPath: boolean,
  mayTruncate: boolean,
): ReadRequest {
  const { check, body, facts } = known;
  const isCut = isCutOff(check, body);
  if (isCut && !mayTruncate) {
    return refused(facts, {
      code: "body_truncated",
      reason: "the body did not arrive whole",
      httpStatus: 403,
    });
  }
  const mcp: McpReading = isCut
    ? { kind: "none" }
    : readMcp(check, body, isMcpPath);
  if (mcp.kind === "refused") {
    return refused(facts, mcp.refusal);
  }
  const parsed = parseBody(body, check.headers);
  if (parsed.kind === "fault" && !isCut) {
    return parseRefusal(facts, parsed.reason);
  }
  const json = inputJson(known, {
    ...(parsed.kind === "fault" ? cutOff : parsed),
    mcp: mcp.kind === "mcp" ? mcpJson(mcp.message, check.headers) : undefined,
  });
  return {
    kind: "judged",
    facts: mcp.kind === "mcp" ? withMessage(facts, mcp) : facts,
    input: Buffer.from(json, "utf8"),
  };
}

function withMessage(
  facts: RequestFacts,
  { message }: Extract<McpReading, { kind: "mcp" }>,
): RequestFacts {
  return {
    ...facts,
    tool: message.tool,
    mcpMethod: message.method,
    mcpId: message.id,
  };
}

/** True when Envoy captured less of the body than there is. No body at all is none sent to us. */
function isCutOff({ http, headers }: HttpCheck, body: CapturedBody): boolean {
  if (headers["x-envoy-auth-partial-body"] === "true") {
    return true;
  }
  if (body.length === 0) {
    return false;
  }
  const length = headers["content-length"] ?? "";
  // parseBody has its own word on a length that is no sane number.
  return (
    Number(http.size ?? 0) > body.length ||
    (/^[0-9]{1,18}$/.test(length) && Number(length) > body.length)
  );
}

const cutOff = { json: "null", isTruncated: true };

type BodyParts = {
  readonly json: string;
  readonly isTruncated: boolean;
  readonly mcp: string | undefined;
};

function inputJson(known: Known, parts: BodyParts): string {
  const { check, path, query, facts } = known;
  const { attributes, http, headers } = check;
  const shown = http.headerMap
    ? {
        ...attributes,
        request: { ...attributes.request, http: { ...http, headers } },
      }
    : attributes;
  const principal = attributes.source?.principal;
  const pathJson = JSON.stringify({
    raw: path.raw,
    normalised: path.normalised,
    segments: path.segments,
  });
  return `{"attributes":${attributesJson(shown)}\
,"version":{"ext_authz":"v3","encoding":"protojson"}\
,"parsed_path":${JSON.stringify(toParsedPath(path.raw))}\
,"parsed_query":${valuesJson(query)}\
,"parsed_body":${parts.json}\
,"truncated_body":${parts.isTruncated}\
${principal ? `,"source_principal":${JSON.stringify(principal)}` : ""}\
,"path":${pathJson}\
,"tool_id":${JSON.stringify(facts.tool)}\
${parts.mcp === undefined ? "" : `,"mcp":${parts.mcp}`}}`;
}

function parseRefusal(facts: RequestFacts, reason: string): ReadRequest {
  return refused(facts, {
    code: "request_parse_error",
    reason,
    httpStatus: 400,
  });
}

function refused(facts: RequestFacts, refusal: Refusal): ReadRequest {
  return { kind: "refused", facts, refusal };
}
