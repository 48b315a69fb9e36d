import { generateKeyPairSync } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../test/support/random.ts";
import { PolicyError, toJson } from "../engine/index.ts";
import { archiveLimits, readArchive } from "./archive.ts";
import { toBundleContent } from "./bundle-content.ts";
import { signBundle, verifyBundle } from "./signature.ts";

type Entry = {
  readonly name: string;
  readonly text?: string;
  readonly type?: "symlink" | "link" | "directory" | "fifo";
};

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text = "", type = "file" } of entries) {
    const linkname = type.endsWith("link") ? "/etc/passwd" : undefined;
    if (type === "file") {
      tar.entry({ name, mtime: new Date(0) }, text);
    } else {
      tar.entry({ name, type, linkname });
    }
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const policy = { name: "/a/p.rego", text: "package a\n\nallow := true\n" };
const data = { name: "./data.json", text: '{"b": {"x": 1.0}}' };
const manifest = { name: ".manifest", text: '{"roots": ["a", "b"]}' };

test("an archive's files, by what they are in the bundle", async () => {
  const folder = { name: "a/", type: "directory" } as const;
  const tar = await tarOf([folder, data, policy, manifest]);
  const content = toBundleContent(await readArchive(gzipSync(tar)));
  expect(content.modules).toEqual({ "/a/p.rego": policy.text });
  expect(toJson(content.data)).toBe('{"b":{"x":1.0}}');
  expect(content.manifest.roots).toEqual(["a", "b"]);
});

describe("what is refused by name", () => {
  test.each<{ note: string; entries: readonly Entry[]; want: string }>([
    {
      note: "a symbolic link",
      entries: [{ name: "a/l.rego", type: "symlink" }],
      want: "`a/l.rego` is a symlink; a bundle holds files only",
    },
    {
      note: "a hard link",
      entries: [policy, { name: "a/l.rego", type: "link" }],
      want: "`a/l.rego` is a link; a bundle holds files only",
    },
    {
      note: "a pipe",
      entries: [{ name: "pipe", type: "fifo" }],
      want: "`pipe` is a fifo; a bundle holds files only",
    },
    {
      note: "a path that escapes",
      entries: [{ name: "a/../../x.rego", text: "" }],
      want: "path `a/../../x.rego` leads out of the bundle",
    },
    {
      note: "a file that comes twice",
      entries: [data, { name: "data.json", text: "{}" }],
      want: "file `data.json` is in the bundle twice",
    },
    {
      note: "too many files",
      entries: [policy, data, manifest, { name: "x", text: "" }],
      want: "bundle has more than 3 files",
    },
    {
      note: "too large a file",
      entries: [{ name: "big", text: "x".repeat(2000) }],
      want: "bundle file big size (2000 bytes) exceeds configured size_limit_bytes (1000 bytes)",
    },
    {
      note: "a bomb",
      entries: [{ name: "big", text: "x".repeat(30_000) }],
      want: "archive holds more than 20000 bytes",
    },
    {
      note: "roots that overlap",
      entries: [{ name: ".manifest", text: '{"roots": ["a", "a/b/"]}' }],
      want: "manifest has overlapped roots: 'a' and 'a/b'",
    },
    {
      note: "a package outside the roots",
      entries: [policy, { name: ".manifest", text: '{"roots": ["b"]}' }],
      want: "manifest roots [b] do not permit 'package a' in module '/a/p.rego'",
    },
    {
      note: "data outside the roots",
      entries: [data, { name: ".manifest", text: '{"roots": ["a"]}' }],
      want: "manifest roots [a] do not permit data at path '/b' (hint: check bundle directory structure)",
    },
    {
      note: "a delta bundle",
      entries: [
        { name: "patch.json", text: '{"data": [{"op": "remove"}]}' },
        { name: "a.rego", text: "package a" },
      ],
      want: "delta bundle expected to contain only patch file but policy files found",
    },
    {
      note: "a broken patch",
      entries: [{ name: "patch.json", text: '{"data": [' }],
      want: "bundle load failed on patch decode: unexpected EOF",
    },
    {
      note: "a module that the manifest only names",
      entries: [
        {
          name: ".manifest",
          text: '{"wasm": [{"entrypoint": "a/p", "module": "/policy.wasm"}]}',
        },
      ],
      want: "manifest references wasm module '/policy.wasm' but the module file does not exist",
    },
  ])("$note", async ({ entries, want }) => {
    const limits = { totalBytes: 20_000, fileBytes: 1000, files: 3 };
    const read = async () =>
      toBundleContent(
        await readArchive(gzipSync(await tarOf(entries)), limits),
      );
    await expect(read()).rejects.toMatchObject({
      code: "bundle_load_error",
      rawMessage: want,
    });
  });
});

const key = { key: "secret", algorithm: "HS256" };
const verification = { keys: new Map([["k", key]]), keyId: "k" };

/** A signed bundle as a tar. */
async function signedTar(): Promise<Buffer> {
  const entries = [data, policy, manifest];
  const files = await readArchive(gzipSync(await tarOf(entries)));
  const text = signBundle(files, key);
  return tarOf([...entries, { name: ".signatures.json", text }]);
}

/** What an archive says; or the fault, which must be one of ours. */
async function readSigned(archive: Uint8Array) {
  try {
    const all = await readArchive(archive, archiveLimits);
    const files = all.filter(({ name }) => name !== ".signatures.json");
    const found = all.find(({ name }) => name === ".signatures.json");
    const signatures = found && Buffer.from(found.bytes).toString("utf8");
    verifyBundle(files, signatures, verification);
    const { modules, manifest: own, ...rest } = toBundleContent(files);
    return {
      texts: Object.values(modules),
      roots: own.roots,
      data: rest.data,
    };
  } catch (error) {
    if (error instanceof PolicyError && error.code === "bundle_load_error") {
      return undefined;
    }
    throw error;
  }
}

test("an Ed25519 key signs too, and another does not verify", async () => {
  const files = await readArchive(gzipSync(await tarOf([data, policy])));
  const pem = (pair: ReturnType<typeof generateKeyPairSync>) => ({
    private: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
    public: String(pair.publicKey.export({ type: "spki", format: "pem" })),
  });
  const [signer, other] = [0, 1].map(() =>
    pem(generateKeyPairSync("ed25519")),
  ) as [ReturnType<typeof pem>, ReturnType<typeof pem>];
  const algorithm = "EdDSA";
  const text = signBundle(files, { key: signer.private, algorithm });
  const verify = (publicKey: string) =>
    verifyBundle(files, text, {
      keys: new Map([["k", { key: publicKey, algorithm }]]),
      keyId: "k",
    });
  expect(() => verify(signer.public)).not.toThrow();
  expect(() => verify(other.public)).toThrow("the signature is not the key's");
});

test("of 2,000 damaged archives none crashes OPA's reader or says another thing", async () => {
  const tar = await signedTar();
  const archive = gzipSync(tar);
  const whole = await readSigned(archive);
  expect(whole).toHaveProperty("data.entries.0.0", "b");
  const random = createRandom(12_345);
  let refused = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const isOuter = round % 4 === 0;
    const bytes = Buffer.from(isOuter ? archive : tar);
    for (let flips = 1 + random.below(3); flips > 0; flips -= 1) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const isCut = random.below(8) === 0;
    const cut = isCut ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    const found = await readSigned(isOuter ? cut : gzipSync(cut, { level: 0 }));
    if (found === undefined) {
      refused += 1;
    } else {
      expect(found).toEqual(whole);
    }
  }
  expect(refused).toBeGreaterThan(1_000);
}, 120_000);
