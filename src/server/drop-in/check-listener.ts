import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PolicyError } from "../../engine/index.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import {
  decodeCheckRequest,
  decodeCheckResponse,
  encodeCheckResponse,
} from "../ext-authz/codec.ts";
import { toResponseV2 } from "../ext-authz/strict/response-v2.ts";
import type { StrictChecker } from "../ext-authz/strict/strict-check.ts";
import type { ApiVersion } from "../ext-authz/strict/strict-input.ts";
import { addReflection } from "../listeners/grpc-reflection.ts";
import { bindServer, shutDownServer } from "../listeners/grpc-server.ts";
import type { Listener } from "../listeners/listener.ts";
import type { CheckPluginConfig } from "../opa-config/check-plugin-config.ts";

/** The plugin's gRPC server: both versions of Envoy's API, in plaintext as there. */
export function createCheckListener(
  config: CheckPluginConfig,
  check: StrictChecker,
): Listener {
  const server = new Server({
    "grpc.max_receive_message_length": config.maxReceiveBytes,
    "grpc.max_send_message_length": config.maxSendBytes,
    // Costs time on every call and is of use to nobody here.
    "grpc.enable_channelz": 0,
  });
  for (const api of ["v2", "v3"] as const) {
    server.addService(service(api), implement(api, check));
  }
  if (config.reflection) {
    addReflection(server);
  }
  return {
    start: async () => {
      const address = toGrpcAddress(config.addr);
      const credentials = ServerCredentials.createInsecure();
      const port = await bindServer(server, address, credentials);
      return address.startsWith("unix")
        ? address
        : address.replace(/\d+$/, String(port));
    },
    close: (graceMs) => shutDownServer(server, graceMs),
  };
}

function service(api: ApiVersion) {
  return {
    Check: {
      path: `/envoy.service.auth.${api}.Authorization/Check`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: encodeCheckResponse,
      responseDeserialize: decodeCheckResponse,
    },
  } satisfies ServiceDefinition;
}

type Call = {
  readonly request: Buffer;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
};

type Reply = (error: object | null, response?: CheckResponse) => void;

function implement(
  api: ApiVersion,
  check: StrictChecker,
): UntypedServiceImplementation {
  return {
    Check: (call: Call, reply: Reply) => {
      answer(call, api, check).then(
        (made) => ("code" in made ? reply(made) : reply(null, made)),
        // Nothing internal may leave: Envoy only needs to know that we failed.
        () => reply({ code: status.INTERNAL, details: "check failed" }),
      );
    },
  };
}

type GrpcFault = { readonly code: number; readonly details: string };

async function answer(
  call: Call,
  api: ApiVersion,
  check: StrictChecker,
): Promise<CheckResponse | GrpcFault> {
  const deadline = Number(call.getDeadline());
  let request: CheckRequest;
  try {
    request = decodeCheckRequest(call.request);
  } catch (error) {
    return {
      code: status.INTERNAL,
      details: `grpc: error unmarshalling request: ${PolicyError.from(error).rawMessage}`,
    };
  }
  const made = await check(request, {
    api,
    deadline: Number.isFinite(deadline) ? deadline : undefined,
    isCancelled: () => call.cancelled,
  });
  if (made.kind === "error") {
    return { code: status.UNKNOWN, details: made.message };
  }
  return api === "v2" ? toResponseV2(made.response) : made.response;
}

/** `:9191`, `grpc://host:port`, `unix:///path` or `unix://@abstract` as grpc-js has it. */
function toGrpcAddress(addr: string): string {
  const [, scheme = "grpc", rest = ""] =
    /^(?:([a-z]+):\/\/)?(.*)$/.exec(addr) ?? [];
  if (scheme === "unix") {
    return rest.startsWith("@")
      ? `unix-abstract:${rest.slice(1)}`
      : `unix:${rest}`;
  }
  if (scheme !== "grpc") {
    throw new PolicyError(
      "server_config_error",
      `\`plugins.envoy_ext_authz_grpc.addr\`: invalid url scheme ${JSON.stringify(scheme)}`,
    );
  }
  return rest.startsWith(":") ? `[::]${rest}` : rest;
}
