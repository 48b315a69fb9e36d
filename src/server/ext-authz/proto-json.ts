import protobuf from "protobufjs";
import { structJson } from "./attributes-json.ts";
import type { CheckRequest, Struct, Value } from "./check-request.ts";
import type { CheckResponse } from "./check-response.ts";
import {
  decodeCheckRequest,
  encodeCheckRequest,
  toCheckResponse,
  toResponseObject,
} from "./codec.ts";

type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** A CheckRequest in protobuf-JSON → the message, ready to be encoded. */
export function fromProtoJson(json: unknown): CheckRequest {
  return convert("", json as Json) as CheckRequest;
}

/** The same as it comes off the wire; throws for what is no CheckRequest. */
export function readRequestJson(json: unknown): CheckRequest {
  return decodeCheckRequest(encodeCheckRequest(fromProtoJson(json)));
}

/** A CheckResponse as protobuf-JSON text. */
export function responseJson(response: CheckResponse): string {
  const { dynamicMetadata } = response;
  const { dynamicMetadata: _, ...message } = toResponseObject(response);
  const text = JSON.stringify(message);
  return dynamicMetadata === undefined || dynamicMetadata === null
    ? text
    : `${text.slice(0, -1)}${text === "{}" ? "" : ","}"dynamicMetadata":${structJson(dynamicMetadata)}}`;
}

/** A CheckResponse in protobuf-JSON → the message. */
export function readResponseJson(json: unknown): CheckResponse {
  const { dynamicMetadata, ...message } = json as JsonObject;
  const response = toCheckResponse(message);
  return dynamicMetadata === undefined
    ? response
    : { ...response, dynamicMetadata: toStruct(dynamicMetadata as JsonObject) };
}

// base64 bytes and 64-bit integers in text are taken by the encoder itself.
function convert(name: string, value: Json): unknown {
  if (name === "time" && typeof value === "string") {
    return toTimestamp(value);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (isList(value)) {
    return value.map((item) => convert("", item));
  }
  if (name === "filterMetadata") {
    return mapValues(value, (struct) => toStruct(struct as JsonObject));
  }
  if (name === "typedFilterMetadata") {
    return mapValues(value, (any) => toAny(any as JsonObject));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, convert(key, item)]),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function mapValues(value: JsonObject, convertItem: (json: Json) => unknown) {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, convertItem(item)]),
  );
}

function toTimestamp(text: string): { seconds: number; nanos: number } {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "";
  return {
    seconds: Math.floor(Date.parse(text) / 1000),
    nanos: Number(fraction.padEnd(9, "0")),
  };
}

function toStruct(json: JsonObject): Struct {
  return { fields: mapValues(json, toValue) as Record<string, Value> };
}

function toValue(json: Json): Value {
  switch (typeof json) {
    case "string":
      return { stringValue: json };
    case "number":
      return { numberValue: json };
    case "boolean":
      return { boolValue: json };
    default:
  }
  if (json === null) {
    return { nullValue: 0 };
  }
  return isList(json)
    ? { listValue: { values: json.map(toValue) } }
    : { structValue: toStruct(json) };
}

/** Only durations occur inside an Any, unless its bytes are shown as they are. */
function toAny(json: JsonObject): { type_url: string; value: Uint8Array } {
  if (json["@type"] === undefined) {
    const { typeUrl = "", value = "" } = json as Record<string, string>;
    return { type_url: typeUrl, value: Buffer.from(value, "base64") };
  }
  const [seconds = "0", fraction = ""] = String(json["value"])
    .replace("s", "")
    .split(".");
  const value = protobuf.Writer.create()
    .uint32(8)
    .int64(Number(seconds))
    .uint32(16)
    .int32(Number(fraction.padEnd(9, "0")))
    .finish();
  return { type_url: String(json["@type"]), value };
}
