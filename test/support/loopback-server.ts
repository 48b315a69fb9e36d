import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createServer as createTlsServer,
  type ServerOptions,
} from "node:https";
import type { AddressInfo } from "node:net";

/** Answers one request. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** A web server of the test's own. */
export type LoopbackServer = {
  readonly port: number;
  /** What answers from here on. */
  handle(handler: Handler): void;
  /** The requests so far, as `METHOD /path`. */
  readonly requests: readonly string[];
  close(): Promise<void>;
};

/** Starts a server on loopback; with a certificate it speaks TLS. */
export async function startLoopback(
  first: Handler,
  tls?: ServerOptions,
): Promise<LoopbackServer> {
  let handler = first;
  const requests: string[] = [];
  const listener: Handler = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    handle: (next) => {
      handler = next;
    },
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers every request with the same. */
export function always(
  status: number,
  body: Uint8Array | string = "",
  headers: Readonly<Record<string, string>> = {},
): Handler {
  return (request, response) => {
    response.writeHead(status, headers);
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
