import { type JsonMember, scanJson } from "./strict-json.ts";

/** One JSON-RPC message that was read without any doubt. */
export type McpMessage = {
  readonly kind: "message";
  /** Undefined for a response of the client. */
  readonly method: string | undefined;
  /** The name of the tool of a `tools/call`. */
  readonly tool: string | undefined;
  /** What the method is about: a tool's or prompt's name, a resource's URI. */
  readonly target: string | undefined;
  /** JSON source texts, as sent. */
  readonly id: string | undefined;
  readonly params: string | undefined;
  readonly arguments: string | undefined;
};

/** Why a message is not judged but refused. */
export type McpFault = {
  readonly kind: "fault";
  readonly code: "mcp_malformed" | "mcp_batch";
  readonly reason: string;
};

/** Methods that act on what one string member of `params` names. */
const targets: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["resources/subscribe", "uri"],
  ["resources/unsubscribe", "uri"],
]);

const envelopeKeys = ["jsonrpc", "method", "id", "params", "result", "error"];
const paramKeys = ["name", "arguments", "uri"];

/** Reads the text of one JSON-RPC 2.0 message of MCP. */
export function parseMcpMessage(text: string): McpMessage | McpFault {
  const scan = scanJson(text, "params");
  switch (scan.kind) {
    case "fault":
      return malformed(scan.reason);
    case "array":
      return {
        kind: "fault",
        code: "mcp_batch",
        reason: "a batch cannot be judged as one call",
      };
    case "scalar":
      return malformed("the message is not an object");
    case "object":
      return readEnvelope(text, scan.members);
  }
}

function malformed(reason: string): McpFault {
  return { kind: "fault", code: "mcp_malformed", reason };
}

function readEnvelope(
  text: string,
  members: readonly JsonMember[],
): McpMessage | McpFault {
  const twin = members.find(isAmbiguous);
  if (twin) {
    return malformed("a key differs from one of the protocol only by case");
  }
  const find = (parent: string, key: string): string | undefined => {
    const found = members.find(
      (member) => member.key === key && member.parent === parent,
    );
    return found && text.slice(found.start, found.end);
  };
  const id = find("", "id");
  const params = find("", "params");
  if (parseString(find("", "jsonrpc")) !== "2.0") {
    return malformed('`jsonrpc` is not "2.0"');
  }
  if (id !== undefined && !/^(?:["\-0-9]|null)/.test(id)) {
    return malformed("`id` is neither a string nor a number");
  }
  const methodText = find("", "method");
  if (methodText === undefined) {
    const isAnswer =
      id !== undefined && hasOne(find("", "result"), find("", "error"));
    return isAnswer && params === undefined
      ? message({ id })
      : malformed("`method` is missing");
  }
  const method = parseString(methodText);
  if (method === undefined || method === "") {
    return malformed("`method` is not a name");
  }
  if (params !== undefined && !params.startsWith("{")) {
    return malformed("`params` is not an object");
  }
  return readCall({ method, id, params }, (key) => find("params", key));
}

function readCall(
  call: { method: string; id: string | undefined; params: string | undefined },
  find: (key: string) => string | undefined,
): McpMessage | McpFault {
  const key = targets.get(call.method);
  const target = key === undefined ? undefined : parseString(find(key));
  if (key !== undefined && (target === undefined || target === "")) {
    return malformed(`\`params.${key}\` is not a name`);
  }
  const isCall = call.method === "tools/call";
  const callArguments = find("arguments");
  if (isCall && callArguments !== undefined && !callArguments.startsWith("{")) {
    return malformed("`params.arguments` is not an object");
  }
  return message({
    ...call,
    target,
    tool: isCall ? target : undefined,
    arguments: callArguments,
  });
}

function message(parts: Partial<McpMessage>): McpMessage {
  return {
    kind: "message",
    method: undefined,
    tool: undefined,
    target: undefined,
    id: undefined,
    params: undefined,
    arguments: undefined,
    ...parts,
  };
}

function hasOne(a: string | undefined, b: string | undefined): boolean {
  return (a === undefined) !== (b === undefined);
}

function parseString(text: string | undefined): string | undefined {
  return text?.startsWith('"') ? (JSON.parse(text) as string) : undefined;
}

/** Parsers that ignore case would read this key as one of the protocol's. */
function isAmbiguous({ parent, key }: JsonMember): boolean {
  const known = parent === "" ? envelopeKeys : paramKeys;
  if (known.includes(key)) {
    return false;
  }
  // NFKC: some also fold the long s and the Kelvin sign.
  return known.includes(key.normalize("NFKC").toLowerCase());
}
