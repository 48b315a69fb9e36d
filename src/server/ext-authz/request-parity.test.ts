import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type ExactJson,
  parseExactJson,
  stringifyExactJson,
} from "../../../test/support/exact-json.ts";
import { PolicyError } from "../../engine/index.ts";
import { decodeCheckRequest, encodeCheckRequest } from "./codec.ts";
import { fromProtoJson } from "./proto-json.ts";
import { createRequestReader } from "./request.ts";
import type { ReadRequest } from "./request-facts.ts";

const folder = "../shared/parity";
const recorded = join(folder, "recorded");

// A truncated body is refused before the document is built, unless told not to.
const read = createRequestReader({
  mcpPaths: [],
  excludedPaths: [],
  onTruncatedBody: "allow",
});

const additions = new Set(["path", "tool_id", "mcp"]);

type Recording = {
  readonly config: { readonly "proto-descriptor"?: boolean };
  readonly start_error?: string;
  readonly request: unknown;
  readonly input?: ExactJson;
  readonly result?: { readonly seen?: ExactJson };
  readonly response?: {
    readonly deniedResponse?: { readonly body?: string };
  };
};

function readJson(file: string): { plain: Recording; exact: Recording } {
  const text = readFileSync(file, "utf8");
  return {
    plain: JSON.parse(text) as Recording,
    exact: parseExactJson(text) as unknown as Recording,
  };
}

/** Keys sorted, our additions and the version (logged wrongly) left out. */
function comparable(value: ExactJson): string {
  const object = value as { readonly [key: string]: ExactJson };
  const kept = Object.entries(object).filter(
    ([key]) => !additions.has(key) && key !== "version",
  );
  return stringifyExactJson(sorted(Object.fromEntries(kept)));
}

function sorted(value: ExactJson): ExactJson {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value === null || typeof value !== "object" || "text" in value) {
    return typeof value === "string"
      ? Buffer.from(value, "utf8").toString("utf8")
      : value;
  }
  const object = value as { readonly [key: string]: ExactJson };
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, sorted(object[key] ?? null)]),
  );
}

function readThroughWire(request: unknown): ReadRequest {
  return read(decodeCheckRequest(encodeCheckRequest(fromProtoJson(request))));
}

// What we refuse on purpose where the plugin goes on (W5).
const refusedByUs = new Set(["in-request-without-http.json"]);

const names = existsSync(recorded) ? readdirSync(recorded).sort() : [];
const supported = names.filter((name) => {
  const { plain } = readJson(join(recorded, name));
  // The plugin did not even start with a policy that does not compile.
  return !plain.config["proto-descriptor"] && !plain.start_error;
});

describe.skipIf(names.length === 0)(
  "the input document is opa-envoy-plugin's (recordings in ../shared/parity)",
  () => {
    test("all recordings without a proto descriptor are replayed", () => {
      expect(supported.length).toBeGreaterThan(100);
    });

    test.each(supported)("%s", (name) => {
      const { plain, exact } = readJson(join(recorded, name));
      if (refusedByUs.has(name)) {
        expect(() => readThroughWire(plain.request)).toThrow(PolicyError);
        return;
      }
      const reading = readThroughWire(plain.request);
      const isParseError = plain.response?.deniedResponse?.body?.startsWith(
        "request_parse_error:",
      );
      if (isParseError) {
        expect(reading).toMatchObject({
          kind: "refused",
          refusal: { code: "request_parse_error", httpStatus: 400 },
        });
        return;
      }
      const want = exact.result?.seen ?? exact.input;
      expect(reading.kind).toBe("judged");
      expect(want).toBeDefined();
      if (reading.kind === "judged" && want !== undefined) {
        const input = parseExactJson(Buffer.from(reading.input).toString());
        expect(comparable(input)).toBe(comparable(want));
      }
    });
  },
);

const made = existsSync(join(folder, "envoy"))
  ? ["text", "bytes", "raw"].flatMap((mode) =>
      readdirSync(join(folder, "envoy", mode)).map((name) => `${mode}/${name}`),
    )
  : [];

describe.skipIf(made.length === 0)(
  "requests as real Envoy makes them (../shared/parity/envoy)",
  () => {
    test.each(made)("%s", (name) => {
      const request = JSON.parse(
        readFileSync(join(folder, "envoy", name), "utf8"),
      ) as { attributes: { request: { http: { method: string } } } };
      const reading = readThroughWire(request);
      expect(reading.kind).toBe("judged");
      if (reading.kind === "judged") {
        const input = JSON.parse(Buffer.from(reading.input).toString());
        expect(input.attributes.request.http.method).toBe(
          request.attributes.request.http.method,
        );
        expect(input.attributes.request.http.headers).toHaveProperty([":path"]);
        expect(input.path.segments).toBeInstanceOf(Array);
      }
    });
  },
);
