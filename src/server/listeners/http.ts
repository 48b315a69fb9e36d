import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { PolicyError } from "../../engine/index.ts";
import type { Checker } from "../ext-authz/check.ts";
import { toHttpAnswer } from "../ext-authz/http-answer.ts";
import { toCheckRequest } from "../ext-authz/http-request.ts";
import {
  formatTcpAddress,
  type Listener,
  type ListenOptions,
  type OpenAddress,
  toOpenAddress,
} from "./listener.ts";
import { removeStaleSocket } from "./unix-socket.ts";

export type HttpOptions = ListenOptions & {
  readonly checker: Checker;
  /** Cut off every path first: Envoy's `path_prefix`. */
  readonly pathPrefix: string;
  /** What a body has beyond it is not read; the body counts as truncated. */
  readonly maxBodyBytes: number;
};

// Envoy takes up to 60 KiB of headers from a client by default.
const maxHeaderSize = 64 * 1024;

/** Creates the listener of ext_authz's HTTP mode: any method, any path. */
export function createHttpListener(options: HttpOptions): Listener {
  const address = toOpenAddress(options);
  let isDraining = false;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response, options).then(
      () => request.resume(),
      // Envoy takes a broken connection for an error, as it should.
      () => request.destroy(),
    );
  };
  const server = create(options, (request, response) => {
    response.shouldKeepAlive = !isDraining;
    serve(request, response);
  });
  return {
    start: () => listen(server, address),
    close: async (graceMs) => {
      isDraining = true;
      await shutDown(server, graceMs);
    },
  };
}

function create(
  { tls }: HttpOptions,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = tls
    ? createTlsServer(
        {
          maxHeaderSize,
          cert: tls.cert,
          key: tls.key,
          ...(tls.clientCa ? { ca: tls.clientCa } : {}),
          requestCert: tls.clientCa !== undefined,
          rejectUnauthorized: tls.clientCa !== undefined,
        },
        serve,
      )
    : createServer({ maxHeaderSize }, serve);
  // An `Expect` header is the client's business with the upstream.
  server.on("checkContinue", serve);
  server.on("checkExpectation", serve);
  // Envoy pools its connections; a short timeout would race with its next check.
  server.keepAliveTimeout = 60_000;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { checker, pathPrefix, maxBodyBytes }: HttpOptions,
): Promise<void> {
  const body = await readBody(request, maxBodyBytes);
  const { status, headers, text } = toHttpAnswer(
    await checker.check(
      () => toCheckRequest(request, { pathPrefix, ...body }),
      "http",
    ),
  );
  response.writeHead(status, headers);
  response.end(text);
}

type Body = {
  readonly bytes: Buffer | undefined;
  /** All that came, also what was not kept. */
  readonly size: number;
};

const noBody: Body = { bytes: undefined, size: 0 };

function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const { headers } = request;
  const length = headers["content-length"];
  const isChunked = headers["transfer-encoding"] !== undefined;
  if (!isChunked && (length === undefined || length === "0")) {
    return Promise.resolve(noBody);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      resolve({ bytes: bytes?.subarray(0, maxBytes), size });
    };
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size - chunk.length < maxBytes) {
        chunks.push(chunk);
      }
      if (size > maxBytes) {
        finish();
      }
    });
    request.on("end", finish);
    request.on("error", reject);
  });
}

async function listen(server: Server, address: OpenAddress): Promise<string> {
  if (address.kind === "unix") {
    await removeStaleSocket(address.path);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new PolicyError(
          "server_config_error",
          `cannot listen: ${error.message}`,
          { cause: error },
        ),
      ),
    );
    const target =
      address.kind === "unix"
        ? { path: address.path }
        : { host: address.host, port: address.port };
    server.listen(target, resolve);
  });
  const taken = server.address();
  return typeof taken === "object" && taken !== null && address.kind === "tcp"
    ? formatTcpAddress(address.host, taken.port)
    : `unix:${String(taken)}`;
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
