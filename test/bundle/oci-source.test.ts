import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import {
  archiveOf,
  bundleSettings,
  guardTexts,
  secret,
  signaturesOf,
} from "../support/bundles.ts";
import {
  digestOf,
  type FakeRegistry,
  type RegistryAnswer,
  startFakeRegistry,
} from "../support/fake-registry.ts";
import { watchEvents } from "../support/source-events.ts";

const texts = guardTexts("one");
const claims = { keyid: "ours" };
const folder = mkdtempSync(join(tmpdir(), "portcullis-oci-"));
const types = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  opa: "application/vnd.oci.image.layer.v1.tar+gzip",
  rego: "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego",
  data: "application/vnd.cncf.openpolicyagent.data.layer.v1+json",
  signature: "application/vnd.portcullis.bundle.signatures.v1+json",
};

let registry: FakeRegistry;
let archive: Uint8Array;

beforeAll(async () => {
  registry = await startFakeRegistry();
  archive = await archiveOf(texts, claims);
});
beforeEach(() => {
  registry.content.clear();
  registry.user = undefined;
  registry.hasReferrers = false;
  registry.lie = () => {};
});
afterAll(() => registry.close());

/** Puts content into the registry, and gives its descriptor. */
function put(
  content: Uint8Array | string | object,
  type: string,
  tag?: string,
) {
  const bytes =
    typeof content === "string" || content instanceof Uint8Array
      ? Buffer.from(content)
      : Buffer.from(JSON.stringify(content));
  const digest = digestOf(bytes);
  for (const name of [digest, ...(tag === undefined ? [] : [tag])]) {
    registry.content.set(name, { type, bytes });
  }
  return { mediaType: type, digest, size: bytes.length };
}

type Layer = ReturnType<typeof put> & {
  readonly annotations?: Readonly<Record<string, string>>;
};

const putArtifact = (layers: readonly Layer[], tag?: string) =>
  put(
    { schemaVersion: 2, mediaType: types.manifest, layers },
    types.manifest,
    tag,
  );

type Wanted = {
  readonly at?: string;
  readonly remote?: string;
  readonly signature?: string;
};

const keys = `{ keys: { ours: { key: ${secret}, algorithm: HS256 } } }`;

function sourceOf({ at = ":1", remote = "", signature = keys }: Wanted = {}) {
  return createBundleSource(
    bundleSettings(
      [
        `source: "oci://127.0.0.1:${registry.port}/team/guards${at}"`,
        `signature: ${signature}`,
        `remote: { allowPlaintext: true, ${remote} }`,
        "polling: { minMs: 10, maxMs: 20 }",
      ].join("\n"),
    ),
  );
}

const reasonOf = async (wanted?: Wanted) =>
  sourceOf(wanted)
    .load()
    .then(
      () => "it was taken",
      (error) => error.rawMessage as string,
    );

describe("a bundle in a registry", () => {
  test("by its tag: the digest is told, and HEAD is all that is asked again", async () => {
    const { digest } = putArtifact([put(archive, types.opa)], "1");
    const source = sourceOf();
    const fetched = await source.load();
    expect(fetched).toMatchObject({
      from: `oci://127.0.0.1:${registry.port}/team/guards:1@${digest}`,
      signedBy: "ours",
    });
    const before = registry.requests.length;
    const { until } = await watchEvents(source);
    await until("unchanged");
    await source.close();
    expect(new Set(registry.requests.slice(before))).toEqual(
      new Set(["HEAD /v2/team/guards/manifests/1"]),
    );
  });

  test("by its tag that moves: the content that it moved to", async () => {
    putArtifact([put(archive, types.opa)], "1");
    const source = sourceOf();
    const first = await source.load();
    const { events, until } = await watchEvents(source);
    const other = await archiveOf(guardTexts("two"), claims);
    putArtifact([put(other, types.opa)], "1");
    const wanted = await sourceOf().load();
    await until(wanted.digest);
    await source.close();
    expect(wanted.digest).not.toBe(first.digest);
    expect(events).not.toContain(first.digest);
  });

  test("by its digest: whatever the tag names", async () => {
    const { digest } = putArtifact([put(archive, types.opa)]);
    const at = `:elsewhere@${digest}`;
    expect(await sourceOf({ at }).load()).toMatchObject({
      from: `oci://127.0.0.1:${registry.port}/team/guards${at}`,
    });
    expect(registry.requests.join()).not.toContain("manifests/elsewhere");
  });

  test("in an index, beside what is no bundle", async () => {
    const other = putArtifact([put("elf", "application/octet-stream")]);
    const ours = putArtifact([put(archive, types.opa)]);
    put({ schemaVersion: 2, manifests: [other, ours] }, types.index, "1");
    expect(await sourceOf().load()).toMatchObject({ signedBy: "ours" });
  });

  test("as Conftest pushes: a layer a file", async () => {
    const signed = {
      ...texts,
      ".signatures.json": signaturesOf(texts, claims),
    };
    const layers = Object.entries(signed).map(([title, text]) => ({
      ...put(text, title.endsWith(".rego") ? types.rego : types.data),
      annotations: { "org.opencontainers.image.title": title },
    }));
    putArtifact(layers, "1");
    const { digest, signedBy } = await sourceOf().load();
    putArtifact([put(archive, types.opa)], "1");
    expect(signedBy).toBe("ours");
    expect((await sourceOf().load()).digest).toBe(digest);
  });

  test("of a registry that tells no digest in its headers", async () => {
    putArtifact([put(archive, types.opa)], "1");
    registry.lie = (_path, answer) => {
      delete answer.headers["docker-content-digest"];
    };
    expect(await sourceOf().load()).toMatchObject({ signedBy: "ours" });
  });
});

describe("a signature that is attached", () => {
  const attach = (subject: Layer, text: string) => {
    const artifactType = types.signature;
    const manifest = {
      schemaVersion: 2,
      mediaType: types.manifest,
      artifactType,
      layers: [put(text, types.signature)],
      subject,
    };
    return { ...put(manifest, types.manifest), artifactType };
  };

  test.each([{ hasReferrers: true }, { hasReferrers: false }])(
    "referrers API: $hasReferrers",
    async ({ hasReferrers }) => {
      const plain = await archiveOf(texts);
      const subject = putArtifact([put(plain, types.opa)], "1");
      expect(await reasonOf()).toContain("bundle missing .signatures.json");
      registry.hasReferrers = hasReferrers;
      const wrong = signaturesOf(guardTexts("two"), claims);
      const attached = [
        attach(subject, wrong),
        attach(subject, signaturesOf(texts, claims)),
      ];
      if (!hasReferrers) {
        const tag = subject.digest.replace(":", "-");
        put({ schemaVersion: 2, manifests: attached }, types.index, tag);
      }
      expect(await sourceOf().load()).toMatchObject({ signedBy: "ours" });
    },
  );

  test("to other content does not count, and is told", async () => {
    const subject = putArtifact([put(await archiveOf(texts), types.opa)], "1");
    registry.hasReferrers = true;
    attach(subject, signaturesOf(guardTexts("two"), claims));
    expect(await reasonOf()).toContain("digest mismatch");
  });
});

describe("a registry that lies is refused", () => {
  const lies: Record<string, (path: string, answer: RegistryAnswer) => void> = {
    "a manifest of another digest": (path, answer) => {
      if (path.includes("manifests/sha256:")) {
        answer.body = Buffer.from(`${answer.body} `);
      }
    },
    "a layer of another digest, the size being right": (path, answer) => {
      if (path.includes("/blobs/")) {
        answer.body = Buffer.from(answer.body.map((byte) => byte ^ 1));
      }
    },
    "a layer that is shorter": (path, answer) => {
      if (path.includes("/blobs/")) {
        answer.body = answer.body.subarray(0, -1);
      }
    },
    "a layer that is longer": (path, answer) => {
      if (path.includes("/blobs/")) {
        answer.body = Buffer.concat([answer.body, Buffer.from("x")]);
      }
    },
    "a digest that is none": (_path, answer) => {
      answer.headers["docker-content-digest"] = "sha256:../../x";
    },
    "the manifest of a tag for what is none": (path, answer) => {
      if (path.includes("manifests/sha256:")) {
        answer.status = 404;
      }
    },
  };
  test.each([
    [
      "a manifest of another digest",
      /the registry gave sha256:\w+ for sha256:/,
    ],
    [
      "a layer of another digest, the size being right",
      /the registry gave sha256:\w+ for sha256:/,
    ],
    ["a layer that is shorter", /the registry gave \d+ bytes for sha256:/],
    ["a layer that is longer", /the answer has more than \d+ bytes/],
    ["a digest that is none", /names the tag's content by `sha256:\.\./],
    ["the manifest of a tag for what is none", /the server answered 404/],
  ])("%s", async (note, want) => {
    putArtifact([put(archive, types.opa)], "1");
    registry.lie = lies[note] as (typeof lies)[string];
    // Without signatures too: the digest is looked at by itself.
    expect(await reasonOf({ signature: "{ required: false }" })).toMatch(want);
  });
});

describe("what is no bundle is refused", () => {
  test.each([
    { note: "no such tag", at: ":2", want: "the registry has no tag `2`" },
    { note: "no tag and no digest", at: "", want: "needs a tag or a digest" },
    { note: "another digest", at: "@md5:00", want: "is no reference" },
    { note: "upper case", at: "/X:1", want: "is no reference" },
  ])("$note", async ({ at, want }) => {
    const reason = async () => reasonOf({ at });
    const found = await reason().catch((error) => error.rawMessage as string);
    expect(found).toContain(want);
  });

  test.each([
    { note: "no JSON", content: "<html>", want: "the manifest is no JSON" },
    { note: "null", content: "null", want: "the manifest is no object" },
    { note: "no layers", content: {}, want: "`layers` is no list" },
    {
      note: "a layer without a size",
      content: {
        layers: [{ mediaType: types.opa, digest: `sha256:${"0".repeat(64)}` }],
      },
      want: "`layers` is no list of descriptors",
    },
    {
      note: "an image",
      content: {
        layers: [
          { mediaType: "a/b", digest: `sha256:${"0".repeat(64)}`, size: 1 },
        ],
      },
      want: "no layer is a bundle's; there is a/b",
    },
    {
      note: "an empty index",
      content: { manifests: [] },
      want: "holds no bundle",
    },
    {
      note: "a layer that is too large",
      content: {
        layers: [
          {
            mediaType: types.opa,
            digest: `sha256:${"0".repeat(64)}`,
            size: 2 ** 40,
          },
        ],
      },
      want: "has 1099511627776 bytes, more than 536870912",
    },
    {
      note: "a file without a title",
      content: {
        layers: [
          {
            mediaType: types.rego,
            digest: `sha256:${"0".repeat(64)}`,
            size: 1,
          },
        ],
      },
      want: "has no title",
    },
  ])("$note", async ({ content, want }) => {
    put(content, types.manifest, "1");
    expect(await reasonOf()).toContain(want);
  });

  test("an index of more manifests than are tried", async () => {
    const other = putArtifact([put("elf", "application/octet-stream")]);
    const manifests = Array.from({ length: 65 }, () => other);
    put({ schemaVersion: 2, manifests }, types.index, "1");
    expect(await reasonOf()).toContain(
      "holds no bundle among its first 64 manifests",
    );
  });

  test("a file whose title leads out of the bundle", async () => {
    const layer = {
      ...put("package a", types.rego),
      annotations: { "org.opencontainers.image.title": "../../x.rego" },
    };
    putArtifact([layer], "1");
    expect(await reasonOf()).toContain("leads out of the bundle");
  });
});

describe("credentials", () => {
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    const text =
      typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(path, text);
    return path;
  };
  const auth = Buffer.from("ada:pass:word").toString("base64");
  const host = () => `127.0.0.1:${registry.port}`;

  test.each([
    {
      note: "none",
      remote: () => "",
      want: /\/token: the server answered 401/,
    },
    {
      note: "a user and a file",
      remote: () =>
        `username: ada, passwordFile: ${file("password", "pass:word\n")}`,
      want: undefined,
    },
    {
      note: "docker's, by host",
      remote: () =>
        `dockerConfig: ${file("a.json", { auths: { [host()]: { auth } } })}`,
      want: undefined,
    },
    {
      note: "docker's, by address",
      remote: () =>
        `dockerConfig: ${file("b.json", { auths: { [`https://${host()}/v2/`]: { username: "ada", password: "pass:word" } } })}`,
      want: undefined,
    },
    {
      note: "docker's, of another host",
      remote: () =>
        `dockerConfig: ${file("c.json", { auths: { "example.com": { auth } } })}`,
      want: /the server answered 401/,
    },
    {
      note: "docker's, in a program",
      remote: () =>
        `dockerConfig: ${file("d.json", { credHelpers: { [host()]: "pass" }, auths: { [host()]: { auth } } })}`,
      want: /to the program docker-credential-pass, which is not run/,
    },
    {
      note: "docker's, in the store for all",
      remote: () =>
        `dockerConfig: ${file("e.json", { credsStore: "desktop", auths: { [host()]: {} } })}`,
      want: /to the program docker-credential-desktop, which is not run/,
    },
    {
      note: "docker's, broken",
      remote: () => `dockerConfig: ${file("f.json", `{"auths": "${auth}`)}`,
      want: /f\.json` is no JSON$/,
    },
    {
      note: "a token of one's own",
      remote: () => `tokenFile: ${file("token", "issued\n")}`,
      want: undefined,
    },
  ])("$note", async ({ remote, want }) => {
    putArtifact([put(archive, types.opa)], "1");
    registry.user = "ada:pass:word";
    const reason = await reasonOf({ remote: remote() });
    expect(reason).toMatch(want ?? /^it was taken$/);
    expect(reason).not.toContain(auth);
  });
});
