import { describe, expect, test } from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import {
  bundleSettings,
  guardTexts,
  secret,
  signaturesOf,
  type Texts,
} from "../support/bundles.ts";
import { treeOf } from "../support/command-line.ts";

const texts = guardTexts("no");
const claims = { keyid: "ours", scope: "prod" };
const key = `{ key: ${secret}, algorithm: HS256, scope: prod }`;

const other = guardTexts("yes");
const stripped = (files: Texts): Texts => files;
const signed = (files: Texts, claimed = claims): Texts => ({
  ...files,
  ".signatures.json": signaturesOf(files, claimed),
});

describe("a signature that is required", () => {
  test.each([
    {
      note: "good",
      files: signed(texts),
      keys: `{ ours: ${key} }`,
      want: undefined,
    },
    {
      note: "good, by the other key of a rotation",
      files: signed(texts),
      keys: `{ theirs: { key: x, algorithm: HS256 }, ours: ${key} }`,
      want: undefined,
    },
    {
      note: "good, its key named by nobody, for there is one",
      files: signed(texts, { keyid: "", scope: "prod" }),
      keys: `{ ours: ${key} }`,
      want: undefined,
    },
    {
      note: "its key named by nobody, and there are two",
      files: signed(texts, { keyid: "", scope: "prod" }),
      keys: `{ theirs: { key: x, algorithm: HS256 }, ours: ${key} }`,
      want: "verification key ID is empty",
    },
    {
      note: "stripped",
      files: stripped(texts),
      keys: `{ ours: ${key} }`,
      want: "bundle missing .signatures.json file",
    },
    {
      note: "of other content",
      files: { ...other, ".signatures.json": signaturesOf(texts, claims) },
      keys: `{ ours: ${key} }`,
      want: "guards/one/guard.rego: digest mismatch (want: ",
    },
    {
      note: "a file more than is signed",
      files: { ...signed(texts), "guards/two/data.json": "{}" },
      keys: `{ ours: ${key} }`,
      want: "file guards/two/data.json not included in bundle signature",
    },
    {
      note: "a file less than is signed",
      files: {
        ...guardTexts("no"),
        ".signatures.json": signaturesOf(
          { ...texts, "guards/two/data.json": "{}" },
          claims,
        ),
      },
      keys: `{ ours: ${key} }`,
      want: "file(s) [guards/two/data.json] specified in bundle signatures but not found in the target bundle",
    },
    {
      note: "by a key that has expired",
      files: signed(texts),
      keys: `{ ours: { key: ${secret}, algorithm: HS256, scope: prod, expires: 2020-01-31 } }`,
      want: "verification key ours expired at 2020-01-31T00:00:00.000Z",
    },
    {
      note: "by a key that will expire",
      files: signed(texts),
      keys: `{ ours: { key: ${secret}, algorithm: HS256, scope: prod, expires: "2999-01-31T00:00:00+01:00" } }`,
      want: undefined,
    },
    {
      note: "by a wrong key",
      files: signed(texts),
      keys: "{ ours: { key: another, algorithm: HS256, scope: prod } }",
      want: "failed to verify JWT signature: the signature is not the key's",
    },
    {
      note: "by another algorithm than the key's",
      files: signed(texts),
      keys: `{ ours: { key: ${secret}, algorithm: HS512, scope: prod } }`,
      want: "failed to verify JWT signature: the signature is not the key's",
    },
    {
      note: "for another scope",
      files: signed(texts, { keyid: "ours", scope: "test" }),
      keys: `{ ours: ${key} }`,
      want: "scope mismatch: the signature is for `test`, the key ours for `prod`",
    },
    {
      note: "by a key that nobody knows",
      files: signed(texts, { keyid: "mine", scope: "prod" }),
      keys: `{ ours: ${key} }`,
      want: "verification key corresponding to ID mine not found",
    },
  ])("$note", async ({ files, keys, want }) => {
    const folder = treeOf(files);
    const source = createBundleSource(
      bundleSettings(`{ source: ${folder}, signature: { keys: ${keys} } }`),
    );
    const found = await source.load().catch((error: unknown) => error);
    if (want === undefined) {
      expect(found).toMatchObject({ signedBy: "ours", from: folder });
      return;
    }
    expect(found).toMatchObject({
      code: "bundle_load_error",
      rawMessage: expect.stringContaining(`bundle ${folder}: ${want}`),
    });
  });
});
