import protobuf from "protobufjs";
import { messageTypes } from "../gen/message-types.ts";
import type { CheckRequest } from "./check-request.ts";
import type { CheckResponse } from "./check-response.ts";

const root = protobuf.Root.fromJSON(messageTypes);
const requestType = root.lookupType("envoy.service.auth.v3.CheckRequest");
const responseType = root.lookupType("envoy.service.auth.v3.CheckResponse");

/** Wire bytes → CheckRequest; throws on bytes that are not one. */
export function decodeCheckRequest(bytes: Uint8Array): CheckRequest {
  return requestType.decode(bytes) as unknown as CheckRequest;
}

/** CheckResponse → wire bytes. */
export function encodeCheckResponse(response: CheckResponse): Buffer {
  return Buffer.from(responseType.encode(response).finish());
}

/** The client's half, for tests, benchmarks and tools that send checks. */
export function encodeCheckRequest(request: CheckRequest): Buffer {
  return Buffer.from(requestType.encode(request).finish());
}

/** The client's half of the answer. */
export function decodeCheckResponse(bytes: Uint8Array): CheckResponse {
  return responseType.decode(bytes) as unknown as CheckResponse;
}

/** What of a response protobuf-JSON has as it is: all but the Struct. */
export function toResponseObject(
  response: CheckResponse,
): Readonly<Record<string, unknown>> {
  const message = responseType.fromObject(response);
  return responseType.toObject(message, {
    enums: String,
    bytes: String,
  });
}

/** A message with enums by their names, as protobuf-JSON has it, without its Struct. */
export function toCheckResponse(
  message: Readonly<Record<string, unknown>>,
): CheckResponse {
  return responseType.fromObject(message) as unknown as CheckResponse;
}
