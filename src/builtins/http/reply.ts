import {
  BuiltinError,
  parseJson,
  RegoObject,
  type Value,
} from "../../engine/builtins/index.ts";
import { parseYaml } from "../yaml/parse.ts";

/** What came back, as bytes. */
export type Reply = {
  /** `200 OK`. */
  readonly status: string;
  readonly statusCode: number;
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
};

/** Which format a body is read in, whatever its headers say. */
export type Decoding = { readonly json: boolean; readonly yaml: boolean };

/** The answer of `http.send`; a body that cannot be decoded is null. */
export function replyValue(reply: Reply, forced: Decoding): Value {
  const text = reply.body.toString("utf8");
  return RegoObject.of([
    ["status", reply.status],
    ["status_code", reply.statusCode],
    ["body", bodyValue(text, contentType(reply), forced)],
    ["raw_body", text],
    ["headers", RegoObject.of(reply.headers)],
  ]);
}

function contentType({ headers }: Reply): string {
  return headers.get("content-type")?.[0] ?? "";
}

function bodyValue(text: string, type: string, forced: Decoding): Value {
  if (forced.json || isJsonType(type)) {
    return decode(text, parseJson);
  }
  if (forced.yaml || /application\/(?:x-)?yaml/.test(type)) {
    const unmarked = text.startsWith("\ufeff") ? text.slice(1) : text;
    return decode(unmarked, parseJson) ?? decode(unmarked, parseYaml);
  }
  return null;
}

function decode(text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof BuiltinError) {
      return null;
    }
    throw error;
  }
}

/** `application/json` or `application/…+json`, with parameters that are well-formed. */
function isJsonType(type: string): boolean {
  const [media = "", ...parameters] = type.split(";").map((one) => one.trim());
  return (
    /^application\/(?:json|[^/]*\+json)$/i.test(media) &&
    parameters.every(
      (one, index) =>
        /^[^\s="]+\s*=\s*(?:[^\s="]+|".*")$/.test(one) ||
        (one === "" && index === parameters.length - 1),
    )
  );
}
