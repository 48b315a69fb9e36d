import { BuiltinError } from "../../engine/builtins/index.ts";
import { type DerReader, type Oid, tag } from "./der.ts";

/** An extension in the fields of Go's `pkix.Extension`. */
export type Extension = {
  readonly Id: Oid;
  readonly Critical: boolean;
  readonly Value: Buffer;
};

export function parseExtension(reader: DerReader): Extension {
  const id = reader.oid() ?? fail("malformed extension OID field");
  const critical = reader.has(tag.boolean)
    ? (reader.boolean() ?? fail("malformed extension critical field"))
    : false;
  const value =
    reader.content(tag.octetString) ?? fail("malformed extension value field");
  return { Id: id, Critical: critical, Value: value };
}

/** Ends the reading with `x509: …`, the prefix of all of Go's texts. */
export function fail(what: string): never {
  throw new BuiltinError(`x509: ${what}`);
}
