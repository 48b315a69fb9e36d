import type {
  Address,
  AttributeContext,
  HttpRequest,
  Int64,
  Metadata,
  Peer,
  RawHeader,
  Struct,
  Value,
} from "./check-request.ts";

/**
 * The attributes as JSON text, as opa-envoy-plugin shows them: populated
 * fields by their protobuf JSON name, but timestamps as seconds and nanos,
 * enums and 64-bit integers as numbers, bytes in base64, Structs as plain JSON.
 */
export function attributesJson(attributes: AttributeContext): string {
  return object(
    member("source", attributes.source, peerJson),
    member("destination", attributes.destination, peerJson),
    member("request", attributes.request, requestJson),
    map("contextExtensions", attributes.contextExtensions),
    member("metadataContext", attributes.metadataContext, metadataJson),
    member(
      "routeMetadataContext",
      attributes.routeMetadataContext,
      metadataJson,
    ),
    member("tlsSession", attributes.tlsSession, ({ sni }) =>
      object(text("sni", sni)),
    ),
  );
}

/** A google.protobuf.Struct as JSON text. */
export function structJson(struct: Struct): string {
  return record(struct.fields ?? {}, valueJson);
}

// Members are `,"name":value` or empty; the first comma is cut off.
function object(...members: readonly string[]): string {
  return `{${members.join("").slice(1)}}`;
}

function member<T>(
  name: string,
  value: T | null | undefined,
  toJson: (value: T) => string,
): string {
  return value === undefined || value === null
    ? ""
    : `,"${name}":${toJson(value)}`;
}

function text(name: string, value: string | undefined): string {
  return value ? `,"${name}":${JSON.stringify(value)}` : "";
}

function integer(name: string, value: Int64 | undefined): string {
  const digits = value === undefined ? "0" : value.toString();
  return digits === "0" ? "" : `,"${name}":${digits}`;
}

function flag(name: string, value: boolean | undefined): string {
  return value ? `,"${name}":true` : "";
}

function bytes(name: string, value: Uint8Array | undefined): string {
  return value?.length ? `,"${name}":"${base64(value)}"` : "";
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString(
    "base64",
  );
}

function map(
  name: string,
  values: Readonly<Record<string, string>> | undefined,
): string {
  const json = values ? JSON.stringify(values) : "{}";
  return json === "{}" ? "" : `,"${name}":${json}`;
}

function record<T>(
  values: Readonly<Record<string, T>>,
  toJson: (value: T) => string,
): string {
  const members = Object.entries(values).map(
    ([key, value]) => `${JSON.stringify(key)}:${toJson(value)}`,
  );
  return `{${members.join(",")}}`;
}

function peerJson(peer: Peer): string {
  return object(
    member("address", peer.address, addressJson),
    text("service", peer.service),
    map("labels", peer.labels),
    text("principal", peer.principal),
    text("certificate", peer.certificate),
  );
}

function addressJson(address: Address): string {
  return object(
    member("socketAddress", address.socketAddress, (socket) =>
      object(
        integer("protocol", socket.protocol),
        text("address", socket.address),
        // One of the two: an own member is populated even when it is zero.
        Object.hasOwn(socket, "portValue")
          ? `,"portValue":${socket.portValue}`
          : "",
        text("namedPort", socket.namedPort),
        text("resolverName", socket.resolverName),
        flag("ipv4Compat", socket.ipv4Compat),
      ),
    ),
    member("pipe", address.pipe, (pipe) =>
      object(text("path", pipe.path), integer("mode", pipe.mode)),
    ),
    member("envoyInternalAddress", address.envoyInternalAddress, (internal) =>
      object(
        text("serverListenerName", internal.serverListenerName),
        text("endpointId", internal.endpointId),
      ),
    ),
  );
}

function requestJson(
  request: NonNullable<AttributeContext["request"]>,
): string {
  return object(
    member("time", request.time, (time) =>
      object(integer("seconds", time.seconds), integer("nanos", time.nanos)),
    ),
    member("http", request.http, httpJson),
  );
}

function httpJson(http: HttpRequest): string {
  return object(
    text("id", http.id),
    text("method", http.method),
    map("headers", http.headers),
    member("headerMap", http.headerMap, ({ headers }) =>
      object(
        headers?.length
          ? `,"headers":[${headers.map(rawHeaderJson).join(",")}]`
          : "",
      ),
    ),
    text("path", http.path),
    text("host", http.host),
    text("scheme", http.scheme),
    text("query", http.query),
    text("fragment", http.fragment),
    integer("size", http.size),
    text("protocol", http.protocol),
    text("body", http.body),
    bytes("rawBody", http.rawBody),
  );
}

function rawHeaderJson(header: RawHeader): string {
  return object(
    text("key", header.key),
    text("value", header.value),
    bytes("rawValue", header.rawValue),
  );
}

function metadataJson(metadata: Metadata): string {
  const { filterMetadata = {}, typedFilterMetadata = {} } = metadata;
  return object(
    isEmpty(filterMetadata)
      ? ""
      : `,"filterMetadata":${record(filterMetadata, structJson)}`,
    isEmpty(typedFilterMetadata)
      ? ""
      : `,"typedFilterMetadata":${record(typedFilterMetadata, (any) =>
          object(text("typeUrl", any.type_url), bytes("value", any.value)),
        )}`,
  );
}

function isEmpty(values: object): boolean {
  for (const _ in values) {
    return false;
  }
  return true;
}

function valueJson(value: Value): string {
  if (Object.hasOwn(value, "stringValue")) {
    return JSON.stringify(value.stringValue);
  }
  if (Object.hasOwn(value, "numberValue")) {
    return JSON.stringify(value.numberValue);
  }
  if (Object.hasOwn(value, "boolValue")) {
    return String(value.boolValue);
  }
  if (value.structValue) {
    return structJson(value.structValue);
  }
  return value.listValue
    ? `[${(value.listValue.values ?? []).map(valueJson).join(",")}]`
    : "null";
}
