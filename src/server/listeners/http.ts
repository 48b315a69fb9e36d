import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Checker } from "../ext-authz/check.ts";
import { toHttpAnswer } from "../ext-authz/http-answer.ts";
import { toCheckRequest } from "../ext-authz/http-request.ts";
import { createDrain, keepAliveMs, openServer } from "./http-server.ts";
import {
  formatTcpAddress,
  type Listener,
  type ListenOptions,
  toOpenAddress,
} from "./listener.ts";

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
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response, options).then(
      () => request.resume(),
      // Envoy takes a broken connection for an error, as it should.
      () => request.destroy(),
    );
  };
  const server = create(options, serve);
  return {
    start: async () => {
      if (address.kind === "unix") {
        const { path } = address;
        await openServer(server, { path });
        return `unix:${path}`;
      }
      const { host, port } = address;
      return formatTcpAddress(host, await openServer(server, { host, port }));
    },
    close: createDrain(server),
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
  server.keepAliveTimeout = keepAliveMs;
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
