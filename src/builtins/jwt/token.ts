import {
  BuiltinError,
  isArray,
  RegoObject,
  type Value,
} from "../../engine/builtins/index.ts";
import { decodeBase64Url } from "../go/base64.ts";
import { parseGoJson } from "../go/json.ts";

/** The three parts of a token in compact serialization, as they are written. */
export type Token = {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
};

export function splitToken(text: string): Token {
  const dots = text.split(".", maxSections);
  const [header, payload, signature] = dots;
  if (payload === undefined) {
    throw new BuiltinError("encoded JWT had no period separators");
  }
  if (signature === undefined || dots.length > 3) {
    const found = text.split(".").length;
    throw new BuiltinError(`encoded JWT must have 3 sections, found ${found}`);
  }
  return { header: header as string, payload, signature };
}

// One more than a token has.
const maxSections = 4;

/** What is signed. */
export function signedPart({ header, payload }: Token): Buffer {
  return Buffer.from(`${header}.${payload}`, "utf8");
}

/** The header as JSON has it. */
export function decodeHeader({ header }: Token): RegoObject {
  const text = decodePart("header", header);
  const decoded = labelled("bad JWT header", () => parseObject(text));
  if (decoded.get("enc") !== undefined) {
    throw new BuiltinError("JWT is a JWE object, which is not supported");
  }
  return decoded;
}

/** The text of the payload, which is another token in a nested one. */
export function decodePayload({ payload }: Token): string {
  return decodePart("payload", payload);
}

function decodePart(part: string, encoded: string): string {
  return labelled(`JWT ${part} had invalid encoding`, () =>
    decodeBase64Url(encoded),
  ).toString("utf8");
}

/** An object as JSON has it; of several members with one name the last. */
export function parseObject(text: string): RegoObject {
  const value = labelled("invalid JSON", () => parseGoJson(text));
  if (!(value instanceof RegoObject)) {
    throw new BuiltinError("decoded JSON type was not an Object");
  }
  return value;
}

function labelled<T>(label: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BuiltinError) {
      throw new BuiltinError(`${label}: ${error.message}`);
    }
    throw error;
  }
}

/** The header's parameters that matter for verification. */
export type HeaderParameters = {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** False for one without `alg` or with a critical parameter that is not known. */
  readonly valid: boolean;
};

const textParameters = ["alg", "kid", "typ", "cty"];

/** Reads the parameters; throws for those of a wrong type. */
export function readHeader(header: RegoObject): HeaderParameters {
  let critical: ReadonlySet<Value> = new Set();
  for (const [key, value] of header.entries) {
    if (key === "crit") {
      critical = readCritical(value);
    } else if (
      textParameters.includes(key as string) &&
      typeof value !== "string"
    ) {
      throw new BuiltinError(`${key}: must be a string`);
    }
  }
  const text = (name: string) => (header.get(name) as string | undefined) ?? "";
  const unknown = header.entries.some(
    ([key]) =>
      critical.has(key) &&
      key !== "crit" &&
      !textParameters.includes(key as string),
  );
  return {
    alg: text("alg"),
    kid: text("kid"),
    cty: text("cty"),
    valid: text("alg") !== "" && !unknown,
  };
}

/** The names up to the first that is no text. */
function readCritical(value: Value): ReadonlySet<Value> {
  if (!isArray(value)) {
    throw new BuiltinError("crit: must be a list");
  }
  const end = value.findIndex((name) => typeof name !== "string");
  const names = end < 0 ? value : value.slice(0, end);
  if (names.length === 0) {
    throw new BuiltinError("crit: must be a nonempty list");
  }
  return new Set(names);
}
