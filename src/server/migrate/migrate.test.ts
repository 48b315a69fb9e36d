import { describe, expect, test } from "vitest";
import { loadRevision, toSourceFiles } from "../../bundle/index.ts";
import { RegoObject } from "../../engine/index.ts";
import { parseConfig } from "../config.ts";
import { checkOpaConfig } from "./check-opa-config.ts";
import { checkPolicy } from "./check-policy.ts";
import { guardFiles, toServerConfig } from "./write-source.ts";

const opa = `services:
  - { name: acme, url: "https://b.test/", credentials: { bearer: { token_path: /t }, oauth2: { token_url: u } } }
bundles:
  authz: { service: acme, resource: /a.tar.gz, polling: { min_delay_seconds: 10, max_delay_seconds: 20 }, persist: true, signing: { keyid: k } }
keys: { k: { key: PEM } }
decision_logs: { console: true, mask_decision: a }
nd_builtin_cache: true
plugins: { envoy_ext_authz_grpc: { addr: "grpc://127.0.0.1:9191", path: a/b, dry-run: true, grpc-max-recv-msg-size: 2048 } }
labls: { x: y }
`;

test("each key of OPA's configuration has a place and a fate", () => {
  const { keys } = checkOpaConfig(opa, "opa.yaml");
  const shown = keys.map(({ fate, key, location }) => {
    const said =
      fate.kind === "taken"
        ? fate.into
        : fate.kind === "unknown"
          ? `${fate.kind} ${fate.guess}`
          : fate.kind;
    return `${location.row}:${location.col} ${key} ${said}`;
  });
  expect(shown).toEqual([
    "2:7 services.0.name bundle.source",
    "2:19 services.0.url bundle.source",
    "2:68 services.0.credentials.bearer.token_path bundle.remote.tokenFile",
    "2:96 services.0.credentials.oauth2.token_url unsupported",
    "4:12 bundles.authz.service bundle.source",
    "4:27 bundles.authz.resource bundle.source",
    "4:59 bundles.authz.polling.min_delay_seconds bundle.polling.minMs",
    "4:82 bundles.authz.polling.max_delay_seconds bundle.polling.maxMs",
    "4:107 bundles.authz.persist bundle.cache",
    "4:133 bundles.authz.signing.keyid bundle.signature.keys",
    "5:14 keys.k.key bundle.signature.keys",
    "6:18 decision_logs.console decisionLog.file",
    "6:33 decision_logs.mask_decision unsupported",
    "7:1 nd_builtin_cache decisionLog.ndBuiltinCache",
    "8:36 plugins.envoy_ext_authz_grpc.addr grpc.listen",
    "8:67 plugins.envoy_ext_authz_grpc.path the guard that asks for it",
    "8:78 plugins.envoy_ext_authz_grpc.dry-run pipeline.*.mode",
    "8:93 plugins.envoy_ext_authz_grpc.grpc-max-recv-msg-size grpc.maxMessageBytes",
    "9:10 labls.x unknown labels",
  ]);
});

describe("the configuration that is written", () => {
  const { value } = checkOpaConfig(opa, "opa.yaml");
  const text = toServerConfig(value, { asksNetwork: true });

  test("is one that the server takes", () => {
    const config = parseConfig(text, "portcullis.yaml");
    expect(config.grpc).toMatchObject({
      listen: "127.0.0.1:9191",
      maxMessageBytes: 2048,
      allowPlaintext: false,
    });
    expect(config.pipeline).toEqual({ opa: { mode: "monitor" } });
    expect(config.decisionLog).toMatchObject({
      file: "-",
      ndBuiltinCache: true,
    });
  });

  test("so is what it has as a comment", () => {
    const comment = text
      .split("\n")
      .filter((line) => /^# (bundle| {2})/.test(line))
      .map((line) => line.slice(2));
    const { bundle } = parseConfig(comment.join("\n"), "portcullis.yaml");
    expect(bundle).toMatchObject({
      source: "https://b.test/a.tar.gz",
      polling: { minMs: 10_000, maxMs: 20_000 },
      remote: { tokenFile: "/t" },
      cache: ".portcullis",
      signature: { required: true, keys: { k: { key: "PEM" } } },
    });
  });
});

const policy = `package a

import data.lib.blocked

default b := false

b if {
	valid
	not blocked.host
	input.x == 1
	input.y == 1
	some role in input.roles
	role in data.roles
	rand.intn("x", 2) == 1
}

valid if trim_space(input.token) != ""
`;

function check(modules: Record<string, string>) {
  const documents = {
    modules,
    regoVersion: 1,
    regoVersions: {},
    data: RegoObject.of([]),
  } as const;
  return checkPolicy(documents, "a/b");
}

describe("a policy", () => {
  const found = check({ "p.rego": policy });

  test("builtins and where they run", () => {
    const runs = found.builtins.map(
      ({ name, runs: place }) => `${name} ${place}`,
    );
    expect(runs).toContain("rand.intn host");
    expect(runs).toContain("trim_space sandbox");
    expect(found.regoVersions).toEqual({ v0: 0, v1: 1 });
  });

  test("calls that may change, with their place", () => {
    expect(found.nondeterministic).toMatchObject([
      { builtin: "rand.intn", location: { file: "p.rego", row: 14 } },
    ]);
  });

  test("conditions that share no variable can be guards", () => {
    expect(
      found.separable.map(({ location, text }) => `${location.row} ${text}`),
    ).toEqual([
      "8 valid",
      "9 not blocked.host",
      "10 input.x == 1",
      "11 input.y == 1",
      '14 rand.intn("x", 2) == 1',
    ]);
  });

  test.each([
    { note: "two bodies", more: "b if input.z" },
    {
      note: "another way by else",
      more: "",
      other: "package a\n\nb := 1 if {\n\tinput.x\n\tinput.y\n} else := 2",
    },
    { note: "one condition", more: "", other: "package a\n\nb if input.x" },
  ])("$note cannot be split", ({ more, other }) => {
    const { separable } = check({ "p.rego": other ?? `${policy}\n${more}\n` });
    expect(separable).toEqual([]);
  });

  test("a policy that has no such rule", () => {
    expect(() => check({ "p.rego": "package a" })).toThrow(
      'entrypoint "a/b" does not refer to a rule or policy decision',
    );
  });
});

test("the guard that is written answers as the policy does", async () => {
  const files = new Map([
    ...guardFiles("a/b-c/allow"),
    [
      "policies/p.rego",
      'package a["b-c"]\n\nallow if input.path.raw == "/open"\n',
    ],
  ]);
  const revision = await loadRevision(toSourceFiles(files));
  const entrypoint = "guards/opa/verdict";
  const ask = (raw: string) =>
    revision.policy.evaluate({ path: { raw } }, { entrypoint });
  expect([ask("/open"), ask("/shut")]).toEqual([true, undefined]);
});
