import { expect, test } from "vitest";
import { readRequestJson, readResponseJson } from "../ext-authz/proto-json.ts";
import { answerTexts, differencesOf } from "./answer-parts.ts";
import { toSample } from "./mask-sample.ts";

const none = {
  parts: new Set<never>(),
  headers: [],
  metadata: new Set<never>(),
};
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A secret at every place that a request can bring one to. */
const request = readRequestJson({
  attributes: {
    source: { labels: { app: "a", "api-key": "s3cret" } },
    destination: { labels: { token: "s3cret" } },
    request: {
      http: {
        method: "POST",
        path: "/a;session=s3cret?x=1&%74oken=s3cret;s3cret?s3cret&y=2#access_token=s3cret",
        query: "x=1&code=s3cret",
        fragment: "access_token=s3cret&z=3",
        body: "s3cret",
        rawBody: base64("s3cret"),
        headers: {
          ":path": "/?password=s3cret",
          authorization: "Bearer s3cret",
          cookie: "s3cret",
          referer: "https://a/?token=s3cret",
          "x-forwarded-for": "Basic s3cret",
          "x-upstream": "https://u:s3cret@host/",
          accept: "*/*",
        },
        headerMap: {
          headers: [
            { key: ":path", rawValue: base64("/?sig=s3cret&x=1") },
            { key: "x-api-key", rawValue: base64("s3cret") },
            { key: "X-Token", value: "s3cret" },
            { key: "x-next", value: "/?token=s3cret" },
            { key: "accept", rawValue: base64("*/*") },
          ],
        },
      },
    },
    contextExtensions: { secret: "s3cret", tenant: "t" },
    metadataContext: {
      filterMetadata: {
        jwt: { claims: { sub: "s3cret" } },
        other: { list: [{ key: "password", value: "s3cret" }], apiKey: 1 },
      },
      typedFilterMetadata: {
        "a/b": { "@type": "type.googleapis.com/x", value: "7s" },
      },
    },
  },
});

const withHeaders = (secret: string) => [
  { header: { key: "set-cookie", value: secret } },
  { header: { key: "location", value: `/?token=${secret}` } },
  { header: { key: "x-token", rawValue: base64(secret) } },
  { header: { key: "x-user", value: "ann" } },
];

const allowed = (secret: string) =>
  readResponseJson({
    status: { code: 0, message: secret },
    okResponse: {
      headers: withHeaders(secret),
      responseHeadersToAdd: withHeaders(secret),
      queryParametersToSet: [
        { key: "code", value: secret },
        { key: "token", value: secret },
        { key: "page", value: "1" },
      ],
    },
    dynamicMetadata: { user: "ann", token: secret, in: { secret } },
  });

const denied = (secret: string) =>
  readResponseJson({
    status: { code: 7 },
    deniedResponse: {
      status: { code: "Forbidden" },
      headers: withHeaders(secret),
      body: secret,
    },
    dynamicMetadata: { list: [{ secret }] },
  });

test.each([
  {
    note: "both allow",
    reference: allowed("s3cret"),
    native: allowed("s3cret2"),
  },
  { note: "both deny", reference: denied("s3cret"), native: denied("s3cret2") },
  {
    note: "allow and deny",
    reference: allowed("s3cret"),
    native: denied("s3cret2"),
  },
])("no secret is in a sample: $note", ({ native, reference }) => {
  const differences = differencesOf(
    answerTexts(reference, none),
    answerTexts(native, none),
    none,
  );
  expect(JSON.stringify(differences)).toContain("s3cret");
  const sample = toSample({
    request,
    reference,
    native,
    ignored: none,
    differences,
  });
  const text = JSON.stringify(sample);
  expect(text).not.toContain("s3cret");
  const packed = text.match(/"[A-Za-z0-9+/]{4,}={0,2}"/g) ?? [];
  for (const one of packed) {
    expect(Buffer.from(one, "base64").toString()).not.toContain("s3cret");
  }
  expect(sample.differences.map(({ part }) => part)).toEqual(
    differences.map(({ part }) => part),
  );
  // It is read back as a check, and what is no secret stays.
  expect(readRequestJson(sample.request)).toMatchObject({
    attributes: {
      source: { labels: { app: "a" } },
      request: {
        http: {
          path: "/a;session=***&%74oken=***&y=2#access_token=***",
          query: "x=1&code=***",
          fragment: "access_token=***&z=3",
          headers: { accept: "*/*" },
        },
      },
      contextExtensions: { secret: "***", tenant: "t" },
    },
  });
  expect(text).toContain("ann");
});

test("what was masked is listed by its place", () => {
  const { masked } = toSample({
    request,
    reference: denied("s3cret"),
    native: denied("s3cret"),
    ignored: none,
    differences: [],
  });
  expect(masked).toMatchInlineSnapshot(`
    [
      "/request/attributes/source/labels/api-key",
      "/request/attributes/destination/labels/token",
      "/request/attributes/contextExtensions/secret",
      "/request/attributes/metadataContext/filterMetadata/jwt",
      "/request/attributes/metadataContext/filterMetadata/other/list/0",
      "/request/attributes/metadataContext/filterMetadata/other/apiKey",
      "/request/attributes/metadataContext/typedFilterMetadata/a~1b",
      "/request/attributes/request/http/body",
      "/request/attributes/request/http/rawBody",
      "/request/attributes/request/http/headers/:path",
      "/request/attributes/request/http/headers/authorization",
      "/request/attributes/request/http/headers/cookie",
      "/request/attributes/request/http/headers/referer",
      "/request/attributes/request/http/headers/x-forwarded-for",
      "/request/attributes/request/http/headers/x-upstream",
      "/request/attributes/request/http/headerMap/headers/0",
      "/request/attributes/request/http/headerMap/headers/1",
      "/request/attributes/request/http/headerMap/headers/2",
      "/request/attributes/request/http/headerMap/headers/3",
      "/request/attributes/request/http/path",
      "/request/attributes/request/http/query",
      "/request/attributes/request/http/fragment",
      "/response/deniedResponse/headers/0/header",
      "/response/deniedResponse/headers/1/header",
      "/response/deniedResponse/headers/2/header",
      "/response/deniedResponse/body",
      "/response/dynamicMetadata/list/0/secret",
    ]
  `);
});
