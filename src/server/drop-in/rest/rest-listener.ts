import { chmodSync, readFileSync } from "node:fs";
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps } from "node:https";
import type { SecureVersion, TLSSocket } from "node:tls";
import { PolicyError } from "../../../engine/index.ts";
import {
  createDrain,
  keepAliveMs,
  openServer,
} from "../../listeners/http-server.ts";
import { formatTcpAddress, type Listener } from "../../listeners/listener.ts";
import { faultAnswer, invalid, type RestAnswer } from "./answer.ts";
import type { ApiContext } from "./api.ts";
import { type Authentication, authorize, identityOf } from "./authorizer.ts";
import { RequestBody, type RestRequest } from "./request.ts";
import { route } from "./router.ts";

export type RestOptions = {
  /** `host:port`, `:port` or `unix://path`. */
  readonly addr: string;
  readonly authentication: Authentication;
  readonly authorization: "off" | "basic";
  readonly tls: RestTls | undefined;
  readonly unixSocketPerm: string;
  /** Only `/health` and `/metrics`. */
  readonly isDiagnostic: boolean;
};

/** Files, PEM. */
type RestTls = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  readonly minVersion: SecureVersion;
};

/** Creates a listener of OPA's API. */
export function createRestListener(
  options: RestOptions,
  context: ApiContext,
): Listener {
  const server = createServer(options);
  server.keepAliveTimeout = keepAliveMs;
  let count = 0;
  server.on(
    "request",
    (incoming: IncomingMessage, response: ServerResponse) => {
      count += 1;
      answer(incoming, count, { options, context })
        .catch((error: unknown) => faultAnswer(error, context.onError))
        .then((made) => send(response, incoming.method ?? "GET", made))
        .catch(() => response.destroy());
    },
  );
  return {
    start: () => start(server, options),
    close: createDrain(server),
  };
}

function createServer({ authentication, tls }: RestOptions): Server {
  if (tls === undefined) {
    return createHttp();
  }
  return createHttps({
    cert: readPem(tls.cert),
    key: readPem(tls.key),
    ...(tls.ca !== undefined && { ca: readPem(tls.ca) }),
    minVersion: tls.minVersion,
    requestCert: authentication === "tls",
    rejectUnauthorized: authentication === "tls",
  });
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new PolicyError(
      "server_config_error",
      `the TLS file \`${file}\` cannot be read`,
      { cause },
    );
  }
}

type Served = { readonly options: RestOptions; readonly context: ApiContext };

async function answer(
  incoming: IncomingMessage,
  id: number,
  { context, options }: Served,
): Promise<RestAnswer> {
  const request = await readRequest(incoming, id);
  if (options.isDiagnostic && !/^\/(health|metrics)(\/|$)/.test(request.path)) {
    return { status: 404, headers: {}, body: "" };
  }
  return options.authorization === "basic"
    ? answerAuthorized(request, incoming, { context, options })
    : route(request, context);
}

async function answerAuthorized(
  request: RestRequest,
  incoming: IncomingMessage,
  { context, options }: Served,
): Promise<RestAnswer> {
  const started = performance.now();
  const socket = incoming.socket as Partial<TLSSocket>;
  const certificate = socket.getPeerCertificate?.();
  const identity = identityOf(request, options.authentication, certificate);
  const answered = await authorize(request, identity, context).then(
    () => route(request, context),
    (error: unknown) => faultAnswer(error, context.onError),
  );
  const { method } = request;
  const { status } = answered;
  context.observe({ handler: "authz", method, status, started });
  return answered;
}

// OPA's default of `server.decoding.max_length`.
const maxBody = 268_435_456;

async function readRequest(
  incoming: IncomingMessage,
  id: number,
): Promise<RestRequest> {
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > maxBody) {
      throw invalid("request body too large");
    }
    chunks.push(chunk as Buffer);
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(
      ([name, value]) => [name, [value].flat().join(",")] as const,
    ),
  );
  const { remoteAddress = "", remotePort = 0 } = incoming.socket;
  return {
    method: (incoming.method ?? "GET").toUpperCase(),
    path,
    query: readQuery(query.join("?")),
    headers,
    rawHeaders: incoming.rawHeaders,
    body: new RequestBody(Buffer.concat(chunks), headers),
    client: formatTcpAddress(remoteAddress, remotePort),
    id,
  };
}

/** Go drops a parameter with a semicolon in it, which some take for a separator. */
function readQuery(text: string): URLSearchParams {
  const parameters = text.split("&").filter((one) => !one.includes(";"));
  return new URLSearchParams(parameters.join("&"));
}

function send(
  response: ServerResponse,
  method: string,
  { body, headers, status }: RestAnswer,
): void {
  const length = Buffer.byteLength(body);
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...headers,
    ...(hasBody && { "Content-Length": length }),
  });
  response.end(hasBody && method !== "HEAD" ? body : undefined);
}

async function start(server: Server, options: RestOptions): Promise<string> {
  const socket = /^unix:\/\/(.+)$/.exec(options.addr)?.[1];
  if (socket !== undefined) {
    await openServer(server, { path: socket });
    chmodSync(socket, Number.parseInt(options.unixSocketPerm, 8));
    return options.addr;
  }
  const match = /^(?:https?:\/\/)?(.*):(\d+)$/.exec(options.addr);
  if (match === null) {
    throw new PolicyError(
      "server_config_error",
      `the address \`${options.addr}\` is no \`host:port\` and no \`unix://path\``,
    );
  }
  const host = (match[1] ?? "").replace(/^\[|\]$/g, "") || "::";
  const taken = await openServer(server, { host, port: Number(match[2]) });
  return formatTcpAddress(host, taken);
}
