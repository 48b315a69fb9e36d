import type { Http2Server } from "node:http2";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import { PolicyError } from "../../engine/index.ts";
import { removeStaleSocket } from "./unix-socket.ts";

/** Opens a gRPC server at an address as grpc-js writes it; gives the port. */
export async function bindServer(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<number> {
  if (address.startsWith("unix:")) {
    await removeStaleSocket(address.slice("unix:".length));
  }
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
function widenWindows(server: Server): void {
  const { http2Servers } = server as unknown as {
    readonly http2Servers: ReadonlyMap<Http2Server, unknown>;
  };
  for (const http2Server of http2Servers.keys()) {
    http2Server.on("session", (session) => {
      session.setLocalWindowSize(connectionWindowBytes);
    });
  }
}

/** Closes a gRPC server: calls under way are finished, at most for `graceMs`. */
export async function shutDownServer(
  server: Server,
  graceMs: number,
): Promise<void> {
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
