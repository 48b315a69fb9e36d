import { expect, test } from "vitest";
import { toJsonSchema } from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import { configShape, parseConfig } from "./config.ts";

const file = "portcullis.yaml";

test("an empty file has every default", () => {
  const config = parseConfig("", file);
  expect(config).toMatchObject({
    bundle: { source: ".", watch: true, debounceMs: 100 },
    grpc: { listen: "127.0.0.1:9191", allowPlaintext: false },
    http: { listen: "127.0.0.1:9192", pathPrefix: "" },
    admin: { listen: "127.0.0.1:9193" },
    pipeline: {},
    mcp: { paths: ["/mcp", "/**/mcp"] },
    onFailure: "deny",
    onTruncatedBody: "deny",
  });
  expect(config.grpc.tls).toBeUndefined();
});

test("what is written replaces the default, key by key", () => {
  const config = parseConfig(
    [
      "bundle: { source: policies-of-mine }",
      "http: { listen: off }",
      "pipeline: { dlp: { mode: monitor }, budget: {} }",
      "grpc: { tls: { cert: a.pem, key: b.pem }, maxMessageBytes: 1_048_576 }",
    ].join("\n"),
    file,
  );
  expect(config.bundle).toMatchObject({
    source: "policies-of-mine",
    watch: true,
    debounceMs: 100,
    signature: { required: undefined, keys: {} },
    polling: { minMs: 60_000, maxMs: 120_000, longPollMs: 0 },
    remote: { allowPlaintext: false },
    cache: undefined,
    maxStaleness: undefined,
    onStale: "warn",
  });
  expect(config.http.listen).toBe("off");
  expect(config.pipeline["dlp"]?.mode).toBe("monitor");
  expect(config.pipeline["budget"]?.mode).toBeUndefined();
  expect(config.grpc.tls).toEqual({ cert: "a.pem", key: "b.pem" });
  expect(config.grpc.maxMessageBytes).toBe(1_048_576);
});

test.each([
  {
    note: "an unknown key names the nearest",
    text: "grpc:\n  lsten: 127.0.0.1:1",
    at: { row: 2, col: 3 },
    want: "unknown key `lsten`; did you mean `listen`?",
  },
  {
    note: "an unknown key at the top",
    text: "# comment\nbundel: { source: . }",
    at: { row: 2, col: 1 },
    want: "unknown key `bundel`; did you mean `bundle`?",
  },
  {
    note: "an unknown key like nothing known",
    text: "zzzzzzzzzzzz: 1",
    at: { row: 1, col: 1 },
    want: "unknown key `zzzzzzzzzzzz`",
  },
  {
    note: "a wrong type",
    text: "bundle: { watch: 1 }",
    at: { row: 1, col: 11 },
    want: "`bundle.watch` must be true or false, not `1`",
  },
  {
    note: "a wrong word",
    text: "pipeline:\n  dlp:\n    mode: monitro",
    at: { row: 3, col: 5 },
    want: "`pipeline.dlp.mode` must be enforce or monitor or off, not `monitro`; did you mean `monitor`?",
  },
  {
    note: "a number out of range",
    text: "budget: { maxKeys: 0 }",
    at: { row: 1, col: 11 },
    want: "`budget.maxKeys` must be a whole number from 1, not `0`",
  },
  {
    note: "a required key missing",
    text: "grpc:\n  tls: { cert: a.pem }",
    at: { row: 2, col: 3 },
    want: "`key` is required",
  },
  {
    note: "a list for a mapping",
    text: "- bundle",
    at: { row: 1, col: 1 },
    want: "the file must be a mapping, not a list",
  },
  {
    note: "an element of a list",
    text: "excludedPaths:\n  - /health\n  - health",
    at: { row: 3, col: 5 },
    want: "`excludedPaths.1` must be a path that begins with a slash, not `health`",
  },
  {
    note: "an address without a port",
    text: "admin: { listen: localhost }",
    at: { row: 1, col: 10 },
    want: "`admin.listen` must be `host:port`, `unix:PATH` or `off`, not `localhost`",
  },
  {
    note: "no YAML",
    text: "grpc: [",
    at: { row: 1, col: 8 },
    want: "cannot be read as YAML: unexpected end of the stream within a flow collection",
  },
  {
    note: "a key twice",
    text: "grpc: {}\ngrpc: {}",
    at: { row: 2, col: 1 },
    want: "cannot be read as YAML: duplicated mapping key",
  },
])("P19: a configuration is refused: $note", ({ text, at, want }) => {
  expect(() => parseConfig(text, file)).toThrow(
    new PolicyError("server_config_error", want, {
      location: { file, ...at },
    }),
  );
});

test("the published JSON Schema is the table's", async () => {
  const schema = `${JSON.stringify(toJsonSchema(configShape), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../docs/portcullis.schema.json");
});
