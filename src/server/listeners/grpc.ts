import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Checker } from "../ext-authz/check.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import {
  decodeCheckRequest,
  decodeCheckResponse,
  encodeCheckResponse,
} from "../ext-authz/codec.ts";
import { toCheckResponse } from "../ext-authz/grpc-answer.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import { addReflection } from "./grpc-reflection.ts";
import { bindServer, shutDownServer } from "./grpc-server.ts";
import {
  formatTcpAddress,
  type Listener,
  type ListenOptions,
  toOpenAddress,
} from "./listener.ts";

export type GrpcOptions = ListenOptions & {
  readonly checker: Checker;
  readonly onFailure: CheckOptions["onFailure"];
  /** Larger messages get RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  readonly reflection: boolean;
};

/** A gRPC listener that also tells grpc.health.v1 how it is. */
export type GrpcListener = Listener & {
  /** NOT_SERVING until it is true for the first time. */
  setServing(isServing: boolean): void;
};

const serviceName = "envoy.service.auth.v3.Authorization";

/** The ext_authz service; messages are decoded inside the check's own catch-all. */
export const authorizationService = {
  Check: {
    path: `/${serviceName}/Check`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: encodeCheckResponse,
    responseDeserialize: decodeCheckResponse,
  },
} satisfies ServiceDefinition;

/** Creates the gRPC listener; it listens after `start()`. */
export function createGrpcListener(options: GrpcOptions): GrpcListener {
  const address = toOpenAddress(options);
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes,
    // Costs time on every call and is of use to nobody here.
    "grpc.enable_channelz": 0,
  });
  server.addService(authorizationService, implement(options));
  const health = new HealthImplementation();
  health.addToServer(server);
  const setServing = (isServing: boolean): void => {
    for (const service of ["", serviceName]) {
      health.setStatus(service, isServing ? "SERVING" : "NOT_SERVING");
    }
  };
  setServing(false);
  if (options.reflection) {
    addReflection(server);
  }
  return {
    setServing,
    start: async () => {
      const credentials = toCredentials(options);
      if (address.kind === "unix") {
        const path = `unix:${address.path}`;
        await bindServer(server, path, credentials);
        return path;
      }
      const { host, port } = address;
      const asked = formatTcpAddress(host, port);
      const taken = await bindServer(server, asked, credentials);
      return formatTcpAddress(host, taken);
    },
    close: (graceMs) => {
      setServing(false);
      return shutDownServer(server, graceMs);
    },
  };
}

function implement({
  checker,
  onFailure,
}: GrpcOptions): UntypedServiceImplementation {
  return {
    Check: (
      call: { readonly request: Buffer },
      callback: (error: object | null, response?: CheckResponse) => void,
    ) => {
      checker
        .check(() => decodeCheckRequest(call.request), "grpc")
        .then((answer) => toCheckResponse(answer, { onFailure }))
        .then(
          (response) => callback(null, response),
          // Nothing internal may leave: Envoy only needs to know that we failed.
          () => callback({ code: status.INTERNAL, details: "check failed" }),
        );
    },
  };
}

function toCredentials({ tls }: GrpcOptions): ServerCredentials {
  return tls
    ? ServerCredentials.createSsl(
        tls.clientCa ?? null,
        [{ private_key: tls.key, cert_chain: tls.cert }],
        tls.clientCa !== undefined,
      )
    : ServerCredentials.createInsecure();
}
