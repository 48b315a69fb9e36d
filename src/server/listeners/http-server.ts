import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ListenOptions } from "node:net";
import { PolicyError } from "../../engine/index.ts";
import { removeStaleSocket } from "./unix-socket.ts";

/** Opens a server, at a socket whose last owner was killed too; gives the port, 0 for a socket. */
export async function openServer(
  server: Server,
  target: ListenOptions,
): Promise<number> {
  if (target.path !== undefined) {
    await removeStaleSocket(target.path);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new PolicyError(
          "server_config_error",
          `cannot listen: ${cause.message}`,
          { cause },
        ),
      ),
    );
    server.listen(target, resolve);
  });
  const taken = server.address();
  return typeof taken === "object" && taken !== null ? taken.port : 0;
}

/**
 * Closes a server: what is under way is finished, at most for `graceMs`, and
 * each connection ends with the answer that is on it.
 */
export type Drain = (graceMs: number) => Promise<void>;

/** Notes what is under way on a server, to drain it. Comes before the server is opened. */
export function createDrain(server: Server): Drain {
  const answering = new Set<ServerResponse>();
  let isDraining = false;
  const note = (_: IncomingMessage, response: ServerResponse): void => {
    response.shouldKeepAlive = !isDraining;
    answering.add(response);
    response.once("close", () => answering.delete(response));
  };
  for (const event of ["request", "checkContinue", "checkExpectation"]) {
    server.prependListener(event, note);
  }
  return async (graceMs) => {
    isDraining = true;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const response of answering) {
      response.shouldKeepAlive = false;
    }
    server.closeIdleConnections();
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(force);
  };
}

// Clients pool their connections; a short timeout would race with their next request.
export const keepAliveMs = 60_000;
