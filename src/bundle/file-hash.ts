import { createHash } from "node:crypto";
import { basename } from "node:path";
import { parseYaml } from "../builtins/index.ts";
import { PolicyError, parseJson, toJson, type Value } from "../engine/index.ts";
import { fault } from "./fault.ts";

/** OPA's names of hashes → Node's. */
const hashes: ReadonlyMap<string, string> = new Map([
  ["MD5", "md5"],
  ["SHA-1", "sha1"],
  ["SHA-224", "sha224"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
  ["SHA-512-224", "sha512-224"],
  ["SHA-512-256", "sha512-256"],
]);

// OPA hashes what these say, not how it is laid out.
const structured = ["data.json", "data.yaml", ".manifest", ".signatures.json"];

/** The hash of a bundle's file in hex, by OPA's name of the algorithm. */
export function hashFile(
  name: string,
  bytes: Uint8Array,
  algorithm: string,
): string {
  const known = hashes.get(algorithm);
  if (known === undefined) {
    throw fault(`unsupported hashing algorithm: ${algorithm}`);
  }
  const content = structured.includes(basename(name))
    ? canonicalJson(bytes)
    : bytes;
  return createHash(known).update(content).digest("hex");
}

/** Members sorted, no space, numbers as they are written, as Go writes text. */
function canonicalJson(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8").decode(bytes);
  return toJson(parseStructured(text)).replace(
    /[\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
}

function parseStructured(text: string): Value {
  try {
    return parseJson(text);
  } catch {
    return parseYamlText(text);
  }
}

function parseYamlText(text: string): Value {
  try {
    return parseYaml(text);
  } catch (error) {
    throw fault(PolicyError.from(error).rawMessage, error);
  }
}
