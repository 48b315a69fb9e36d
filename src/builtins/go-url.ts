import { BuiltinError } from "../engine/builtins/index.ts";
import { goQuote } from "./go/quote.ts";

/** The parts of a URL as Go's `url.Parse` has them. */
export type GoUrl = {
  readonly scheme: string;
  /** With the port, if there is one. */
  readonly host: string;
  /** The path as it goes over the wire. */
  readonly escapedPath: string;
  readonly rawQuery: string;
};

/** Splits a URL; throws Go's error for a broken escape in its path. */
export function parseGoUrl(text: string): GoUrl {
  const [withoutFragment = ""] = text.split("#", 1);
  const parts =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?([\s\S]*))?$/.exec(
      withoutFragment,
    );
  const [, scheme = "", authority = "", path = "", rawQuery = ""] = parts ?? [];
  const broken = /%(?![0-9A-Fa-f]{2})[\s\S]{0,2}/.exec(path);
  if (broken) {
    throw new BuiltinError(
      `parse ${goQuote(text)}: invalid URL escape ${goQuote(broken[0])}`,
    );
  }
  return {
    scheme: scheme.toLowerCase(),
    host: authority.slice(authority.lastIndexOf("@") + 1),
    escapedPath: escapePath(path),
    rawQuery,
  };
}

/** A path that is written as it may be stays; any other is written anew. */
function escapePath(path: string): string {
  if (/^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/%]*$/.test(path)) {
    return path;
  }
  const bytes = Buffer.from(path).toString("latin1");
  const plain = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return plain.replace(
    /[^A-Za-z0-9\-_.~$&+,/:;=@]/g,
    (byte) =>
      `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
