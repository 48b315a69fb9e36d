/** A request for the guards, as the input document that the server makes. */
export type GuardRequest = { readonly note: string; readonly input: unknown };

type Shape = {
  readonly principal?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
  readonly mcp?: unknown;
  readonly body?: unknown;
};

function request({
  principal,
  headers = {},
  method = "POST",
  path = "/mcp",
  mcp,
  body = null,
}: Shape): unknown {
  return {
    attributes: {
      ...(principal === undefined ? {} : { source: { principal } }),
      request: { http: { method, path, headers } },
    },
    path: { raw: path, normalised: path, segments: path.split("/").slice(1) },
    parsed_path: path.split("/").slice(1),
    parsed_query: {},
    parsed_body: body,
    truncated_body: false,
    ...(mcp === undefined ? {} : { mcp }),
  };
}

function call(tool: string, args: unknown): unknown {
  return {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    tool,
    arguments: args,
    params: { name: tool, arguments: args },
    session_id: "s1",
    batch: false,
  };
}

const account = (name: string) =>
  `spiffe://cluster.local/ns/default/sa/${name}`;

const principals = [
  undefined,
  "",
  account("sa1"),
  account("sa2"),
  "spiffe://other/ns/default/sa/sa1",
  "spiffe://cluster.local/ns/x/sa/y",
  "CN=x",
];

const calls: readonly (readonly [string, unknown])[] = [
  ["echo", { message: "hello" }],
  ["add", { a: 2, b: 3 }],
  ["subtract", {}],
  ["read_wiki_structure", { repoName: "org/x" }],
  ["shell_exec", { command: "ls" }],
  ["Add", {}],
  ["echo", { key: ["AKIA", "IOSFODNN7EXAMPLE"] }],
  ["echo", { AKIAIOSFODNN7EXAMPLE: 1, n: 4111111111111111 }],
  ["echo", { ssn: "123-45-6789 and 000-12-3456", mail: "a.b@example.com" }],
  ["echo", { deep: [[[{ x: "ghp_abcdefghijklmnopqrstuvwxyz0123456789" }]]] }],
  ["echo", { text: "Zoë 😀 \u0000 é", f: [1.5, -0, 1e21, null, true] }],
];

const paths = ["/mcp", "/mcp-server1/mcp", "/mcp-server2/mcp", "/nowhere"];

/** Every principal with every call on every backend, and some odd ones out. */
export const guardRequests: readonly GuardRequest[] = [
  ...principals.flatMap((principal) =>
    calls.flatMap(([tool, args]) =>
      paths.map((path) => ({
        note: `${principal ?? "nobody"} ${tool} ${JSON.stringify(args)} ${path}`,
        input: request({
          path,
          mcp: call(tool, args),
          ...(principal === undefined ? {} : { principal }),
        }),
      })),
    ),
  ),
  ...["GET", "DELETE", "PUT", "get"].flatMap((method) =>
    ["/resource", "/mcp", "/resource/x"].map((path) => ({
      note: `${method} ${path}`,
      input: request({ method, path }),
    })),
  ),
  ...["Bearer abc.def.ghi", "bearer x", "Basic abc", "Bearer", ""].map(
    (authorization) => ({
      note: `authorization ${authorization}`,
      input: request({
        headers: { authorization },
        mcp: call("echo", {}),
      }),
    }),
  ),
  {
    note: "plain body with a secret",
    input: request({ body: { a: "password: correct-horse" } }),
  },
  { note: "empty input", input: {} },
  {
    note: "input of another shape",
    input: { attributes: [], mcp: "x", path: 1 },
  },
];
