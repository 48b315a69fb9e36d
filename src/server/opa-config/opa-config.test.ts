import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PolicyError } from "../../engine/index.ts";
import { type OpaConfig, readOpaConfig } from "./opa-config.ts";
import { setValues, type Tree } from "./set-values.ts";

function readText(text: string, set: readonly string[] = []): OpaConfig {
  const file = join(mkdtempSync(join(tmpdir(), "portcullis-opa-")), "opa.yaml");
  writeFileSync(file, text);
  return readOpaConfig({
    file,
    set,
    setFile: [],
    environment: { TOKEN: "secret", EMPTY: "" },
  });
}

const whole = `
labels: {app: shop}
services:
  control:
    url: https://control.example.com/v1/
    headers: {x-team: a}
    credentials: {bearer: {token: "\${TOKEN}", scheme: Token}}
keys:
  main: {key: "----", algorithm: ES256}
bundles:
  authz:
    resource: bundles/authz.tar.gz
    signing: {keyid: main, scope: read}
    persist: true
    polling: {min_delay_seconds: 1, max_delay_seconds: 2}
  local: {resource: "file:///bundles/b.tar.gz", persist: true}
persistence_directory: /var/opa
decision_logs:
  console: true
  reporting: {min_delay_seconds: 1, max_delay_seconds: 5}
status: {console: true}
default_decision: /app/main
caching: {inter_query_builtin_cache: {max_size_bytes: 10}}
plugins:
  envoy_ext_authz_grpc:
    addr: :9292
    path: app/allow
    dry-run: true
    grpc-request-duration-seconds-buckets: [0.1, 1]
`;

describe("OPA's configuration", () => {
  test("is read as far as it means something", () => {
    const config = readText(whole);
    expect(config.warnings).toStrictEqual([]);
    expect(config.labels).toMatchObject({ app: "shop", version: "1.20.1" });
    expect(config.services.get("control")).toMatchObject({
      url: "https://control.example.com/v1",
      token: "secret",
      scheme: "Token",
      headers: { "x-team": "a" },
    });
    expect(config.bundles.get("authz")).toStrictEqual({
      service: "control",
      resource: "bundles/authz.tar.gz",
      keptFile: "/var/opa/bundles/authz/bundle.tar.gz",
      signing: { keyId: "main", scope: "read", excludeFiles: [] },
      polling: { minMs: 1_000, maxMs: 2_000, longPollMs: 0 },
    });
    expect(config.bundles.get("local")).toMatchObject({
      service: undefined,
      keptFile: undefined,
    });
    expect(config.decisionLogs).toMatchObject({
      console: true,
      service: undefined,
      resource: "/logs",
      reporting: { minDelayMs: 1_000, maxDelayMs: 5_000 },
    });
    expect(config.checkPlugin).toMatchObject({
      addr: ":9292",
      decision: { kind: "path", path: "app/allow" },
      dryRun: true,
      durationBuckets: [0.1, 1],
      maxReceiveBytes: 4_194_304,
    });
    expect(config.defaultDecision).toBe("/app/main");
  });

  test("is shown without credentials and keys", () => {
    const { services, keys } = readText(whole).shown as Record<string, Tree>;
    expect(JSON.stringify([services, keys])).not.toMatch(/secret|----/);
  });

  test("is overridden", () => {
    const config = readText(whole, [
      "plugins.envoy_ext_authz_grpc.path=other/allow",
      `labels.app=x,labels.zone=\${TOKEN}`,
    ]);
    expect(config.checkPlugin?.decision).toMatchObject({ path: "other/allow" });
    expect(config.labels).toMatchObject({ app: "x", zone: "secret" });
  });

  test.each([
    ["a: 1\ndiscovery: {}", 2, "`discovery` is not supported"],
    [
      "plugins:\n  other: {}",
      2,
      "`plugins.other` is a plugin that there is not",
    ],
    ["services:\n  s: {url: x}", 2, "`services.s.url` must be an http"],
    [
      "services:\n  s: {url: 'http://x', type: s3}",
      2,
      "`services.s.type` cannot be `s3`: it is `oci`, or left out",
    ],
    [
      "services: {s: {url: 'http://x', type: oci}}\nbundles:\n  b: {resource: a}",
      3,
      "`bundles.b.resource` must be `REGISTRY/REPOSITORY:TAG`",
    ],
    ["labels:\n  a: 1", 2, "`labels.a` must be a string"],
    ["bundles:\n  b: {}", 2, "`bundles.b.service` is required"],
    [
      "services: {s: {url: 'http://x'}}\ndecision_logs:\n  service: t",
      3,
      "`decision_logs.service` names no service",
    ],
    [
      "plugins:\n  envoy_ext_authz_grpc:\n    path: a\n    query: data.b",
      4,
      "`plugins.envoy_ext_authz_grpc.query` cannot stand beside",
    ],
  ])("%j is refused with its place", (text, row, message) => {
    let thrown: unknown;
    try {
      readText(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PolicyError);
    const { code, location, rawMessage } = thrown as PolicyError;
    expect(code).toBe("server_config_error");
    expect(location?.row).toBe(row);
    expect(rawMessage).toContain(message);
  });

  test("warns of what OPA does not know either", () => {
    expect(
      readText("label: {}\nstatus: {consol: true}").warnings,
    ).toStrictEqual([
      'unknown configuration option "label" encountered; did you mean `labels`?',
      'unknown configuration option "status.consol" encountered; did you mean `console`?',
    ]);
  });
});

test.each<[string, Tree]>([
  ["a=1", { a: 1 }],
  ["a.b=x,c=true", { a: { b: "x" }, c: true }],
  ["a[1].b=null", { a: [undefined, { b: null }] as unknown }],
  ["a={x,2}", { a: ["x", 2] }],
  ["a\\.b=x\\,y", { "a.b": "x,y" }],
  ["a=", { a: "" }],
  ["a=1.5", { a: "1.5" }],
  ["a=007", { a: "007" }],
])("--set %s", (text, wanted) => {
  const document: Tree = {};
  setValues(document, text);
  expect(document).toEqual(wanted);
});

test.each(["a", "a[=1", "=1"])("--set %s is refused", (text) => {
  expect(() => setValues({}, text)).toThrow(PolicyError);
});
