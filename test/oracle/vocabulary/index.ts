import type { TypeDecl } from "../../../src/engine/builtins/capabilities.ts";
import { documents, encoded, hexadecimal, queries, tokens } from "./encoded.ts";
import {
  addresses,
  addressesOfThings,
  mergeable,
  networks,
  smallNetworks,
} from "./network.ts";
import {
  amounts,
  formats,
  globs,
  ids,
  paths,
  patterns,
  versions,
} from "./text.ts";
import { durations, layouts, times, zones } from "./time.ts";

/** What a builtin's operands are made of where any text or number would be dull. */
export type Vocabulary = {
  /** Texts by operand; the last list serves the operands after it. */
  readonly texts?: readonly (readonly string[])[];
  /** Numbers of a builtin that counts: OPA would go on for ever with others. */
  readonly numbers?: readonly string[];
  /** Types narrower than the declared ones, by operand. */
  readonly types?: readonly TypeDecl[];
};

function oneOf(...texts: readonly string[]): TypeDecl {
  return { type: "text", of: texts as unknown as readonly TypeDecl[] };
}

const small = [
  "0",
  "1",
  "-1",
  "2",
  "3",
  "5",
  "-7",
  "10",
  "20",
  "1.0",
  "1.5",
  "1e1",
];

const key = oneOf("a", "b", "0", "1");
const leaf: TypeDecl = {
  type: "any",
  of: [
    { type: "any" },
    { type: "number" },
    { type: "array", dynamic: { type: "any", of: [key, { type: "number" }] } },
    { type: "set", of: { type: "any", of: [key, { type: "array" }] } },
    { type: "object", dynamic: { key, value: { type: "number" } } },
  ],
};
const patched: TypeDecl = {
  type: "any",
  of: [
    { type: "object", dynamic: { key, value: leaf } },
    { type: "array", dynamic: leaf },
    leaf,
  ],
};
const pointer: TypeDecl = {
  type: "any",
  of: [
    oneOf("a", "b", "/a", "/b", "/a/b", "a/0", "a/1", "0", "/1", "a/-", "-"),
    // OPA panics when the root is removed.
    oneOf("a/b/0", "01", "a/01", "-1", "2", "c", "a/c", "+1", "1.0", "/"),
    { type: "array", static: [key] },
    { type: "array", static: [key, { type: "any" }] },
  ],
};
const operation: TypeDecl = {
  type: "object",
  static: [
    {
      key: "op",
      value: oneOf("add", "remove", "replace", "move", "copy", "test"),
    },
    { key: "path", value: pointer },
    { key: "from", value: pointer },
    { key: "value", value: leaf },
  ],
};

const byName: Readonly<Record<string, Vocabulary>> = {
  "numbers.range": { numbers: small },
  "numbers.range_step": { numbers: small },
  // OPA panics on greater shifts, offsets and mixed families of addresses.
  "bits.lsh": { numbers: [...small, "64", "100", "1000", "0.5"] },
  substring: { numbers: [...small, "100", "4294967296"] },
  "net.cidr_expand": { texts: [smallNetworks] },
  "net.cidr_contains": { texts: [networks, [...networks, ...addresses]] },
  "net.cidr_contains_matches": {
    texts: [networks, [...networks, ...addresses]],
  },
  "net.cidr_overlap": { texts: [networks, [...networks, ...addresses]] },
  "net.cidr_intersects": { texts: [networks] },
  "net.cidr_is_valid": { texts: [[...networks, ...addresses]] },
  "net.cidr_merge": { texts: [mergeable] },
  "json.filter": { texts: [paths] },
  "json.remove": { texts: [paths] },
  "json.patch": { types: [patched, { type: "array", dynamic: operation }] },
  "object.get": { texts: [["a", "b", "é", "1"]] },
  "object.remove": { texts: [["a", "b", "é", "1"]] },
  "object.filter": { texts: [["a", "b", "é", "1"]] },
  "object.subset": { texts: [["a", "b"]] },
  "semver.compare": { texts: [versions] },
  "semver.is_valid": { texts: [versions] },
  "base64.decode": { texts: [encoded] },
  "base64.is_valid": { texts: [encoded] },
  "base64url.decode": { texts: [encoded] },
  "hex.decode": { texts: [hexadecimal] },
  "urlquery.decode": { texts: [queries] },
  "urlquery.decode_object": { texts: [queries] },
  "json.unmarshal": { texts: [documents] },
  "json.is_valid": { texts: [documents] },
  "units.parse": { texts: [amounts] },
  "units.parse_bytes": { texts: [amounts] },
  "time.parse_duration_ns": { texts: [durations] },
  "time.parse_ns": { texts: [layouts, times] },
  "time.parse_rfc3339_ns": { texts: [times] },
  "time.format": { texts: [[...zones, ...layouts]] },
  "time.date": { texts: [zones] },
  "time.clock": { texts: [zones] },
  "time.weekday": { texts: [zones] },
  "time.diff": { texts: [zones] },
  "time.add_date": { texts: [zones] },
  "uri.parse": { texts: [addressesOfThings] },
  "uri.is_valid": { texts: [addressesOfThings] },
  "io.jwt.decode": { texts: [tokens] },
  "uuid.parse": { texts: [ids] },
  // Spellings that are not JSON's stay out: OPA keeps them, and writes JSON
  // that no one can read.
  to_number: {
    texts: [
      [
        ...["1", "-1", "1.5", "1e5", "1E5", "inf", "-Infinity", "nan", "1e400"],
        ...["1e-400", "-0", "", " 1", "a", "é", "1e", "--1", "0x", "1__0"],
        ...["1.7976931348623157e308", "1.7976931348623159e308", "1_", "_1"],
        "123456789012345678901234567890",
      ],
    ],
  },
  "graph.reachable": { texts: [["a", "b", "c", "d"]] },
  "graph.reachable_paths": { texts: [["a", "b", "c", "d"]] },
  // Others print a digit more or less where OPA rounds by way of its own floats.
  sprintf: {
    texts: [formats],
    numbers: [
      "0",
      "1",
      "-1",
      "42",
      "0.5",
      "-2.25",
      "123456789012345678901234567890",
    ],
  },
  "glob.match": { texts: [globs, [".", "/"], ["a.b.c", "ab", "a/b"]] },
};

/** What operands of a builtin are made of. */
export function vocabularyOf(name: string): Vocabulary {
  return (
    byName[name] ?? (name.startsWith("regex.") ? { texts: [patterns] } : {})
  );
}
