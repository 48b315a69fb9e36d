/** The tool call that every benchmark sends: about 2 kB in all. */
export const sampleBody = JSON.stringify({
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: {
    name: "echo",
    arguments: {
      message:
        "Summarise the quarterly report and list open questions. ".repeat(8),
      options: { language: "en", depth: 3, sections: ["intro", "body", "end"] },
      recipients: ["team", "lead", "archive"],
    },
    _meta: { progressToken: "c1f0a1d2", source: "planner" },
  },
});

/** Headers as a mesh sends them. */
export const sampleHeaders: Readonly<Record<string, string>> = {
  ":authority": "tools.example.internal",
  ":method": "POST",
  ":path": "/mcp",
  ":scheme": "https",
  accept: "application/json, text/event-stream",
  "accept-encoding": "gzip, deflate, br",
  "accept-language": "en",
  "content-length": String(sampleBody.length),
  "content-type": "application/json",
  "mcp-protocol-version": "2025-11-25",
  "mcp-session-id": "5f2b6c1e-2b1c-4f3e-9d59-0b6b9d0f4d11",
  "user-agent": "agent-runtime/4.2 (linux; x64)",
  "x-envoy-attempt-count": "1",
  "x-forwarded-for": "10.2.3.4",
  "x-forwarded-proto": "https",
  "x-request-id": "a3c1e1b2-6b1a-4bb1-8a0e-1a2b3c4d5e6f",
};

/** The same request as a CheckRequest in protobuf-JSON form. */
export const sampleCheckRequest = {
  attributes: {
    source: {
      address: { socketAddress: { address: "10.2.3.4", portValue: 41230 } },
    },
    destination: {
      address: { socketAddress: { address: "10.2.3.9", portValue: 8443 } },
    },
    request: {
      time: { seconds: 1_795_000_000, nanos: 5 },
      http: {
        id: "12345678901234567",
        method: "POST",
        headers: sampleHeaders,
        path: "/mcp",
        host: "tools.example.internal",
        scheme: "https",
        protocol: "HTTP/2",
        size: sampleBody.length,
        body: sampleBody,
      },
    },
  },
} as const;
