import { sampleCheckRequest } from "./sample-request.ts";

/** The sample request as the input document that the guards get. */
export function sampleInput(): Uint8Array {
  const { attributes } = sampleCheckRequest;
  const body = JSON.parse(attributes.request.http.body);
  const document = {
    attributes,
    version: { ext_authz: "v3", encoding: "protojson" },
    parsed_path: ["mcp"],
    parsed_query: {},
    parsed_body: body,
    truncated_body: false,
    path: { raw: "/mcp", normalised: "/mcp", segments: ["mcp"] },
    mcp: {
      jsonrpc: "2.0",
      id: body.id,
      method: body.method,
      tool: body.params.name,
      arguments: body.params.arguments,
      params: body.params,
      session_id: attributes.request.http.headers["mcp-session-id"],
      protocol_version: attributes.request.http.headers["mcp-protocol-version"],
      batch: false,
    },
  };
  return new TextEncoder().encode(JSON.stringify(document));
}
