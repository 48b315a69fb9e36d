import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { PolicyError } from "../../../engine/index.ts";
import { type ParsedBody, truncated, unparsed } from "../parsed-body.ts";

/** Reads the requests of the methods that a descriptor set describes. */
export type GrpcMethods = {
  /** The first message of a body as JSON, as `path` names its method. */
  parse(body: Uint8Array, path: readonly string[]): ParsedBody;
};

/** The methods of a file that `protoc --descriptor_set_out` wrote. */
export function readGrpcMethods(file: string): GrpcMethods {
  try {
    return toGrpcMethods(readFileSync(file));
  } catch (cause) {
    const { rawMessage } = PolicyError.from(cause);
    throw new PolicyError(
      "server_config_error",
      `the proto descriptor \`${file}\` cannot be read: ${rawMessage}`,
      { cause },
    );
  }
}

/** The same of the file's bytes. */
export function toGrpcMethods(descriptorSet: Uint8Array): GrpcMethods {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, descriptorSet),
  );
  return { parse: (body, path) => parseMessage(body, path, registry) };
}

// A flag and four bytes of length stand before each message.
const headLength = 5;

function parseMessage(
  body: Uint8Array,
  path: readonly string[],
  registry: FileRegistry,
): ParsedBody {
  const [service, method] = path;
  if (service === undefined || method === undefined || path.length !== 2) {
    return { kind: "fault", reason: "invalid parsed path" };
  }
  if (body.length < headLength) {
    return { kind: "fault", reason: "less than 5 bytes" };
  }
  if (body[0] !== 0) {
    return unparsed;
  }
  const size = new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (size > body.length - headLength) {
    return truncated;
  }
  const input = findInput(registry, service, method);
  return input === undefined
    ? unparsed
    : decode(input, body.subarray(headLength, headLength + size), registry);
}

/** The message that a method takes; undefined for one that takes a stream. */
function findInput(
  registry: FileRegistry,
  service: string,
  method: string,
): DescMessage | undefined {
  const found = registry
    .getService(service)
    ?.methods.find(({ name }) => name === method);
  const isOne =
    found?.methodKind === "unary" || found?.methodKind === "server_streaming";
  return isOne ? found.input : undefined;
}

function decode(
  input: DescMessage,
  bytes: Uint8Array,
  registry: FileRegistry,
): ParsedBody {
  try {
    const message = fromBinary(input, bytes);
    const json = toJsonString(input, message, { registry });
    return { kind: "parsed", json, isTruncated: false };
  } catch {
    return {
      kind: "fault",
      reason: "proto: cannot parse invalid wire-format data",
    };
  }
}
