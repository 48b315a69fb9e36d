import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";

/** An HTTP answer read to its end. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

type Request = RequestOptions & { readonly body?: string | Uint8Array };

/** One HTTP request by Node's own client, so that paths go out as written. */
export function fetchAnswer(
  url: string,
  options: Request = {},
): Promise<Answer> {
  const { protocol, hostname, port } = new URL(url);
  const { body, ...rest } = options;
  const send = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      {
        hostname,
        port,
        path: url.slice(url.indexOf("/", protocol.length + 2)),
        agent: false,
        ...rest,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
        answer.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The JSON-RPC text of an MCP `tools/call`. */
export function toolCall(
  name: string,
  args: Readonly<Record<string, unknown>>,
  id: number | string | null = 1,
): string {
  return JSON.stringify({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: args },
  });
}

/** Headers of an MCP request. */
export const mcpHeaders = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
  "mcp-session-id": "s1",
} as const;
