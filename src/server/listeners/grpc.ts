import type { Http2Server } from "node:http2";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { PolicyError } from "../../engine/index.ts";
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
import {
  formatTcpAddress,
  type Listener,
  type ListenOptions,
  toOpenAddress,
} from "./listener.ts";
import { removeStaleSocket } from "./unix-socket.ts";

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
      if (address.kind === "unix") {
        await removeStaleSocket(address.path);
        await bind(server, `unix:${address.path}`, options);
        return `unix:${address.path}`;
      }
      const { host, port } = address;
      const taken = await bind(server, formatTcpAddress(host, port), options);
      return formatTcpAddress(host, taken);
    },
    close: (graceMs) => {
      setServing(false);
      return shutDown(server, graceMs);
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

function bind(
  server: Server,
  address: string,
  { tls }: GrpcOptions,
): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(
        tls.clientCa ?? null,
        [{ private_key: tls.key, cert_chain: tls.cert }],
        tls.clientCa !== undefined,
      )
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) {
        reject(
          new PolicyError(
            "server_config_error",
            `cannot listen on ${address}: ${error.message}`,
            { cause: error },
          ),
        );
      } else {
        widenWindows(server);
        resolve(port);
      }
    });
  });
}

// The default of 64 KiB holds some 40 checks of a whole connection, and Envoy
// puts all of a worker's checks on one; above it calls starve.
const connectionWindowBytes = 16 * 1024 * 1024;

/**
 * grpc-js has no option for a server's connection window, so the HTTP/2
 * servers inside are asked; a test proves that the window is really wide.
 */
export function widenWindows(server: Server): void {
  const { http2Servers } = server as unknown as {
    readonly http2Servers: ReadonlyMap<Http2Server, unknown>;
  };
  for (const http2Server of http2Servers.keys()) {
    http2Server.on("session", (session) => {
      session.setLocalWindowSize(connectionWindowBytes);
    });
  }
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const drained = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([drained, late]);
  clearTimeout(timer);
  server.forceShutdown();
}
