import { isUtf8 } from "node:buffer";
import { structJson } from "./attributes-json.ts";
import type { Value } from "./check-request.ts";
import { type McpMessage, parseMcpMessage } from "./mcp-message.ts";
import type { CapturedBody } from "./parsed-body.ts";
import type { HttpCheck, Refusal } from "./request-facts.ts";

export type McpReading =
  | { readonly kind: "mcp"; readonly message: McpMessage }
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const none: McpReading = { kind: "none" };

// Streams are opened and sessions ended without a message.
const bodyless = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

/**
 * Reads the MCP message of a request. On an MCP request (by path, by route, or
 * because Envoy's MCP filter says so) whatever could be read in two ways is
 * refused; elsewhere a clean JSON-RPC body is read and nothing is refused.
 */
export function readMcp(
  check: HttpCheck,
  body: CapturedBody,
  isMcpPath: boolean,
): McpReading {
  const route = check.attributes.contextExtensions?.["mcp"];
  const envoys = filterMessage(check);
  const isMcp =
    route === "on" || (route !== "off" && (isMcpPath || envoys !== undefined));
  if (!isMcp) {
    return readIfClean(check, body);
  }
  if (body.length > 0) {
    return readStrictly(check, body, envoys);
  }
  if (envoys !== undefined) {
    return readText(envoys);
  }
  return bodyless.has((check.http.method ?? "").toUpperCase())
    ? none
    : refused("mcp_empty_body", "an MCP request without a body");
}

function readIfClean({ headers }: HttpCheck, body: CapturedBody): McpReading {
  const isJson = headers["content-type"]?.includes("application/json");
  if (!isJson || !body.text.includes('"jsonrpc"')) {
    return none;
  }
  const message = parseMcpMessage(body.text);
  return message.kind === "message" ? { kind: "mcp", message } : none;
}

function readStrictly(
  { headers }: HttpCheck,
  body: CapturedBody,
  envoys: string | undefined,
): McpReading {
  if (!isJsonType(headers["content-type"] ?? "")) {
    return refused(
      "mcp_content_type",
      "an MCP message must be application/json",
    );
  }
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") {
    return refused(
      "mcp_content_encoding",
      "an encoded body cannot be inspected",
    );
  }
  if (body.bytes && !isUtf8(body.bytes)) {
    return refused("mcp_malformed", "the body is not UTF-8");
  }
  const reading = readText(body.text);
  return reading.kind === "mcp" && envoys !== undefined
    ? compare(reading, readText(envoys))
    : reading;
}

/** `application/json`, in UTF-8, and nothing else in the same header. */
function isJsonType(header: string): boolean {
  return /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(
    header,
  );
}

function readText(text: string): McpReading {
  const message = parseMcpMessage(text);
  return message.kind === "message"
    ? { kind: "mcp", message }
    : refused(message.code, message.reason);
}

/** The body is judged; an MCP filter in Envoy that read it otherwise is no good sign. */
function compare(
  reading: { readonly kind: "mcp"; readonly message: McpMessage },
  envoys: McpReading,
): McpReading {
  const { message } = reading;
  const agrees =
    envoys.kind === "mcp" &&
    envoys.message.method === message.method &&
    (envoys.message.params === undefined ||
      envoys.message.target === message.target) &&
    (envoys.message.id === undefined || envoys.message.id === message.id);
  return agrees
    ? reading
    : refused(
        "mcp_metadata_mismatch",
        "the body is not the message that Envoy's metadata names",
      );
}

/**
 * The message as Envoy's MCP filter has it in its metadata, as JSON text.
 * Clients cannot write there.
 */
function filterMessage({ attributes }: HttpCheck): string | undefined {
  const fields =
    attributes.metadataContext?.filterMetadata?.["mcp_proxy"]?.fields;
  if (fields?.["method"] === undefined) {
    return undefined;
  }
  const message: Record<string, Value> = { jsonrpc: { stringValue: "2.0" } };
  for (const key of ["method", "params", "id"]) {
    const value = fields[key];
    if (value !== undefined) {
      message[key] = value;
    }
  }
  return structJson({ fields: message });
}

function refused(code: Refusal["code"], reason: string): McpReading {
  return { kind: "refused", refusal: { code, reason, httpStatus: 400 } };
}

/** `input.mcp` as JSON text; members that the message lacks are absent. */
export function mcpJson(
  message: McpMessage,
  headers: Readonly<Record<string, string>>,
): string {
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : JSON.stringify(value);
  const members: [string, string | undefined][] = [
    ["jsonrpc", '"2.0"'],
    ["method", text(message.method)],
    ["id", message.id],
    ["tool", text(message.tool)],
    ["arguments", message.arguments],
    ["params", message.params],
    ["session_id", text(headers["mcp-session-id"])],
    ["protocol_version", text(headers["mcp-protocol-version"])],
    ["batch", "false"],
  ];
  return `{${members
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `"${name}":${value}`)
    .join(",")}}`;
}
