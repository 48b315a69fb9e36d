import { generateKeyPairSync } from "node:crypto";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import {
  bundleShape,
  pullBundle,
  pushArchive,
  readSettings,
} from "../../src/bundle/index.ts";
import { archiveOf, guardTexts } from "../support/bundles.ts";
import {
  type FakeRegistry,
  startFakeRegistry,
} from "../support/fake-registry.ts";

const pair = generateKeyPairSync("ed25519");
const signing = {
  key: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
  algorithm: "EdDSA",
};
const key = {
  key: String(pair.publicKey.export({ type: "spki", format: "pem" })),
  algorithm: "EdDSA",
};
const trust = {
  isRequired: true,
  verification: { keys: new Map([["one", key]]) },
};
const { remote } = readSettings(bundleShape, {
  text: "remote: { allowPlaintext: true, maxBytes: 1_000_000 }",
  file: "",
  code: "server_config_error",
});

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startFakeRegistry();
});
beforeEach(() => {
  registry.content.clear();
  registry.lie = () => {};
});
afterAll(() => registry.close());

const target = () => `oci://127.0.0.1:${registry.port}/team/guards:1`;
const push = async (
  reason: string,
  more: Partial<Parameters<typeof pushArchive>[0]> = {},
) =>
  pushArchive({
    name: "b.tar.gz",
    archive: await archiveOf(guardTexts(reason)),
    target: target(),
    remote,
    annotations: {},
    signing: undefined,
    ...more,
  });
const pull = (source = target()) => pullBundle({ source, remote, trust });

describe.each([{ hasReferrers: true }, { hasReferrers: false }])(
  "a registry with the referrers API: $hasReferrers",
  ({ hasReferrers }) => {
    beforeEach(() => {
      registry.hasReferrers = hasReferrers;
    });

    test("gives back what was pushed and signed", async () => {
      const annotations = { "org.opencontainers.image.source": "git" };
      const pushed = await push("one", { annotations, signing });
      expect(pushed).toEqual({
        reference: `${target()}@${pushed.digest}`,
        digest: pushed.digest,
        isSigned: true,
      });
      expect(await pull()).toMatchObject({
        archive: Buffer.from(await archiveOf(guardTexts("one"))),
        from: pushed.reference,
        validator: pushed.digest,
      });
      const manifest = registry.content.get(pushed.digest)?.bytes;
      expect(JSON.parse(String(manifest))).toMatchObject({ annotations });
    });

    test("keeps a signature when another is attached", async () => {
      const other = generateKeyPairSync("ed25519").privateKey;
      await push("one", { signing });
      await push("one", {
        signing: {
          ...signing,
          key: String(other.export({ type: "pkcs8", format: "pem" })),
        },
      });
      await expect(pull()).resolves.toBeDefined();
    });
  },
);

test("the same bundle has the same digest, and is not uploaded again", async () => {
  const first = await push("one");
  const before = registry.requests.length;
  const second = await push("one");
  expect(second).toEqual({ ...first, isSigned: false });
  expect(registry.requests.slice(before)).toEqual([
    expect.stringMatching(/^HEAD .*\/blobs\//),
    expect.stringMatching(/^HEAD .*\/blobs\//),
    expect.stringMatching(/^PUT .*\/manifests\/1$/),
  ]);
});

test("what is pushed unsigned is not pulled with a key", async () => {
  await push("one");
  await expect(pull()).rejects.toThrow("bundle missing .signatures.json file");
});

describe("is not pushed", () => {
  test.each([
    {
      note: "no archive",
      more: { archive: Buffer.from("x") },
      want: "bundle b.tar.gz: bundle read failed",
    },
    {
      note: "to a digest",
      more: { target: `oci://r/x:1@sha256:${"0".repeat(64)}` },
      want: "must end with a tag",
    },
    {
      note: "with a key that is none",
      more: { signing: { ...signing, key: "x" } },
      want: "failed to parse PEM block",
    },
  ])("$note", async ({ more, want }) => {
    const before = registry.requests.length;
    await expect(push("one", more)).rejects.toThrow(want);
    expect(registry.requests.length).toBe(before);
  });

  test.each([
    { part: "/blobs/uploads/", want: /^.*POST .*: the server answered 507/ },
    { part: "/manifests/1", want: /PUT .*: the server answered 507/ },
  ])("where the registry refuses $part", async ({ part, want }) => {
    registry.lie = (path, answer) => {
      if (path.endsWith(part)) {
        answer.status = 507;
      }
    };
    await expect(push("one")).rejects.toThrow(want);
  });

  test("where the registry takes it for another", async () => {
    registry.lie = (path, answer) => {
      if (path.endsWith("/manifests/1")) {
        answer.headers["docker-content-digest"] = `sha256:${"0".repeat(64)}`;
      }
    };
    await expect(push("one")).rejects.toThrow(
      /the registry took sha256:.* for/,
    );
  });
});
