import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import { bundleSettings } from "../support/bundles.ts";
import { treeOf } from "../support/command-line.ts";

const publicKey = String(
  generateKeyPairSync("ed25519").publicKey.export({
    type: "spki",
    format: "pem",
  }),
);
const folder = treeOf({ "key.pem": publicKey, token: "a\nb", nothing: "" });
const address = "https://127.0.0.1:1/b";
const unsigned = "signature: { required: false }";

describe("settings that mean nothing are refused by name, before anything is fetched", () => {
  test.each([
    {
      note: "a network source without keys",
      settings: `source: "${address}"`,
      want: "`bundle.signature.keys` must hold a key",
    },
    {
      note: "the same with required",
      settings: `source: ".", signature: { required: true }`,
      want: "`bundle.signature.keys` must hold a key",
    },
    {
      note: "a key and a file",
      settings: `source: ".", signature: { keys: { a: { key: x, file: y } } }`,
      want: "`bundle.signature.keys.a` needs either `key` or `file`",
    },
    {
      note: "neither a key nor a file",
      settings: `source: ".", signature: { keys: { a: {} } }`,
      want: "`bundle.signature.keys.a` needs either `key` or `file`",
    },
    {
      note: "a date that is none",
      settings: `source: ".", signature: { keys: { a: { key: x, expires: 2027-02-45 } } }`,
      want: "`bundle.signature.keys.a.expires` is no date",
    },
    {
      note: "another scheme",
      settings: `source: "ftp://x/b", ${unsigned}`,
      want: "a source cannot be `ftp://`",
    },
    {
      note: "a password in the address",
      settings: `source: "https://ada:secret@host/b", ${unsigned}`,
      want: "the address at host holds a user or password",
    },
    {
      note: "no address",
      settings: `source: "https://", ${unsigned}`,
      want: "`https://` is no address",
    },
    {
      note: "a certificate without its key",
      settings: `source: "${address}", ${unsigned}, remote: { cert: x }`,
      want: "a client certificate needs both `cert` and `key`",
    },
    {
      note: "a certificate that is none",
      settings: `source: "${address}", ${unsigned}, remote: { cert: ${folder}/key.pem, key: ${folder}/key.pem }`,
      want: "key.pem` cannot be used: ",
    },
    {
      note: "an authority that is none",
      settings: `source: "${address}", ${unsigned}, remote: { ca: ${folder}/key.pem }`,
      want: "key.pem` holds no certificate",
    },
    {
      note: "a user without a password",
      settings: `source: "${address}", ${unsigned}, remote: { username: ada }`,
      want: "basic authentication needs both `username` and `passwordFile`",
    },
    {
      note: "a token and a user",
      settings: `source: "${address}", ${unsigned}, remote: { tokenFile: t, username: ada, passwordFile: p }`,
      want: "there is a `tokenFile` and a `username`; one must go",
    },
    {
      note: "a greatest delay below the least",
      settings: `source: "${address}", ${unsigned}, polling: { minMs: 500, maxMs: 20 }`,
      want: "`bundle.polling.maxMs` must be no less than `minMs`",
    },
  ])("$note", ({ settings, want }) => {
    const create = () => createBundleSource(bundleSettings(`{ ${settings} }`));
    expect(create).toThrow(want);
    expect(create).not.toThrow("secret");
  });

  test.each(["token", "nothing", "absent"])("a token: %s", async (file) => {
    const source = createBundleSource(
      bundleSettings(
        `{ source: "${address}", ${unsigned}, remote: { tokenFile: ${folder}/${file} } }`,
      ),
    );
    await expect(source.load()).rejects.toThrow(
      file === "absent" ? "absent` cannot be read" : "holds no token alone",
    );
  });
});
