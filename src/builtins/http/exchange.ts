import { type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { headerFault } from "./headers.ts";
import { faultText } from "./network-fault.ts";
import type { Reply } from "./reply.ts";
import type { Request } from "./request.ts";
import { NetworkError } from "./send-error.ts";

/** The largest body that is taken, after it is unpacked. */
export const maxBodyBytes = 16 * 1024 * 1024;

/** One request with its response; nothing is followed. Ends when the signal does. */
export async function exchange(
  request: Request,
  signal: AbortSignal,
): Promise<Reply> {
  const refused = refusal(request);
  if (refused !== undefined) {
    throw networkError(request, refused);
  }
  let response: IncomingMessage;
  const unpacks = mayUnpack(request);
  try {
    response = await send(request, { signal, unpacks });
  } catch (error) {
    throw networkError(
      request,
      signal.aborted
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : faultText(error, request.target),
    );
  }
  return receive(response, { signal, unpacks });
}

export function networkError(
  { method, target }: Pick<Request, "method" | "target">,
  detail: string,
): NetworkError {
  const operation = method.slice(0, 1) + method.slice(1).toLowerCase();
  return new NetworkError(operation, target.url, detail);
}

/** Why a request is not even sent. */
function refusal({ method, target, headers }: Request): string | undefined {
  if (target.scheme !== "http" && target.scheme !== "https") {
    return `unsupported protocol scheme "${target.scheme}"`;
  }
  if (target.host === "") {
    return "http: no Host in request URL";
  }
  return method === "CONNECT"
    ? "CONNECT opens a tunnel, not a request"
    : headerFault(headers);
}

/** Whether it is the transport that asks for a packed body. */
function mayUnpack({ method, headers }: Request): boolean {
  return (
    method !== "HEAD" &&
    !headers.has("Accept-Encoding") &&
    !headers.has("Range")
  );
}

type Options = { readonly signal: AbortSignal; readonly unpacks: boolean };

function send(
  request: Request,
  { signal, unpacks }: Options,
): Promise<IncomingMessage> {
  const { target, method, body, tls } = request;
  const secure = target.scheme === "https";
  const servername = tls?.servername;
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? requestHttps : requestHttp)({
      method,
      path: target.path,
      headers: wireHeaders(request, unpacks),
      signal,
      agent: false,
      ...(target.socket === undefined
        ? { host: target.hostname, port: target.port }
        : { socketPath: target.socket }),
      ...(secure && tls),
      ...(secure && servername && isIP(servername) === 0 && { servername }),
    } as RequestOptions);
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    outgoing.once("upgrade", (_response, socket) => socket.destroy());
    // After a response this changes nothing.
    outgoing.once("close", () => reject(new Error("EOF")));
    outgoing.end(body);
  });
}

function wireHeaders(
  { method, target, headers, body }: Request,
  unpacks: boolean,
): Record<string, string> {
  const authorization = target.authorization;
  return {
    Host: target.host,
    "User-Agent": "Portcullis",
    ...(authorization !== undefined && { Authorization: authorization }),
    ...((body.length > 0 || /^(?:POST|PUT|PATCH)$/.test(method)) && {
      "Content-Length": String(body.length),
    }),
    ...(unpacks && { "Accept-Encoding": "gzip" }),
    ...Object.fromEntries(headers),
  };
}

async function receive(
  response: IncomingMessage,
  { signal, unpacks }: Options,
): Promise<Reply> {
  const headers = replyHeaders(response.rawHeaders);
  const packed =
    unpacks && headers.get("content-encoding")?.[0]?.toLowerCase() === "gzip";
  if (packed) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const statusCode = response.statusCode ?? 0;
  return {
    status: `${statusCode} ${response.statusMessage}`,
    statusCode,
    headers,
    body: await readBody(
      packed ? pipeline(response, createGunzip(), () => undefined) : response,
      signal,
    ),
  };
}

/** Throws when the body is too large or does not end in time. */
async function readBody(
  source: Readable,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBodyBytes) {
        throw new BuiltinError(`response body exceeds ${maxBodyBytes} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw signal.aborted
      ? new BuiltinError(
          "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
        )
      : error instanceof BuiltinError
        ? error
        : new BuiltinError(bodyFault(error));
  }
  return Buffer.concat(chunks);
}

function bodyFault(error: unknown): string {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "Z_DATA_ERROR") {
    return "gzip: invalid header";
  }
  return code === "ECONNRESET" || code === "Z_BUF_ERROR"
    ? "unexpected EOF"
    : (error as Error).message;
}

/** What Go keeps, text as UTF-8. */
function replyHeaders(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = Buffer.from(raw[at + 1] as string, "latin1").toString("utf8");
    if (name !== "transfer-encoding" && name !== "trailer") {
      headers.set(name, [...(headers.get(name) ?? []), value]);
    }
  }
  return headers;
}
