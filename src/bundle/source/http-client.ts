import {
  type Agent,
  type IncomingHttpHeaders,
  request as requestHttp,
  STATUS_CODES,
} from "node:http";
import { request as requestHttps } from "node:https";
import type { PolicyError } from "../../engine/index.ts";
import { fault } from "../fault.ts";
import { createHttpAgents, type HttpAgents } from "./http-agents.ts";

/** How servers are reached, and what they may cost. */
export type HttpOptions = {
  /** Speaks `http://` too; otherwise it is refused. */
  readonly allowPlaintext: boolean;
  /** From connecting to the last byte of one answer. */
  readonly timeoutMs: number;
  /** Longer answers are refused. */
  readonly maxBytes: number;
  /** PEM: whom to trust in place of the system's authorities, and who we are. */
  readonly tls: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
};

export type HttpCall = {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** How much longer the server may take, for it was asked to wait. */
  readonly waitMs?: number;
  /** Longer answers are refused; what the client allows by default. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Who gave it: after redirects it may be another than was asked. */
  readonly url: URL;
};

/** Sends one request and takes its whole answer. Throws when there is none, with the address and no secret. */
export type HttpClient = (call: HttpCall) => Promise<HttpAnswer>;

type Exchanged = Omit<HttpAnswer, "url">;

const maxRedirects = 5;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/**
 * A client for bundles, over `node:https`: fetch cannot show a client
 * certificate without a second copy of its library. It follows redirects of
 * GET and HEAD, never from TLS to plain text, and takes neither credentials
 * nor certificate to another origin.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const agents = createHttpAgents();
  return async (call) => {
    let hop = call;
    for (let count = 0; count <= maxRedirects; count += 1) {
      checkScheme(hop, options);
      const answer = await exchange(hop, {
        ...options,
        agents,
        isKnown: hop.url.origin === call.url.origin,
      });
      const next = redirected(hop, answer);
      if (next === undefined) {
        return { ...answer, url: hop.url };
      }
      hop = next;
    }
    throw callFault(call, `more than ${maxRedirects} redirects`);
  };
}

/** What went wrong with a call. The query is left out: it may hold a signature. */
function callFault(
  { method, url }: Pick<HttpCall, "method" | "url">,
  reason: string,
  cause?: unknown,
): PolicyError {
  return fault(`${method} ${url.origin}${url.pathname}: ${reason}`, cause);
}

/** The same for an answer that was not hoped for. */
export function statusFault(
  call: Pick<HttpCall, "method" | "url">,
  status: number,
): PolicyError {
  const name = STATUS_CODES[status] ?? "";
  return callFault(call, `the server answered ${status} ${name}`.trimEnd());
}

function reasonOf({
  message,
  code,
}: {
  readonly message: string;
  readonly code?: string;
}): string {
  return /wrong version number/.test(message)
    ? "the server does not speak TLS there"
    : message.trim() || code || "the connection failed";
}

function checkScheme(call: HttpCall, { allowPlaintext }: HttpOptions): void {
  const { protocol } = call.url;
  if (protocol === "https:" || (protocol === "http:" && allowPlaintext)) {
    return;
  }
  throw callFault(
    call,
    protocol === "http:"
      ? "plain http is refused; use https, or allow it by `allowPlaintext`"
      : `\`${protocol}\` is neither https nor http`,
  );
}

/** The call that a redirect asks for. */
function redirected(
  call: HttpCall,
  { status, headers }: Exchanged,
): HttpCall | undefined {
  const isFollowed = call.method === "GET" || call.method === "HEAD";
  if (!(isFollowed && redirects.includes(status) && headers.location)) {
    return undefined;
  }
  if (!URL.canParse(headers.location, call.url)) {
    throw callFault(call, "the redirect's address cannot be read");
  }
  const url = new URL(headers.location, call.url);
  if (call.url.protocol === "https:" && url.protocol !== "https:") {
    throw callFault(call, `the redirect to ${url.origin} leaves https`);
  }
  const isSame = url.origin === call.url.origin;
  return {
    ...call,
    url,
    headers: isSame ? (call.headers ?? {}) : anonymous(call),
  };
}

function anonymous({
  headers = {},
}: HttpCall): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^authorization$/i.test(name)),
  );
}

type Connection = HttpOptions & {
  readonly agents: HttpAgents;
  /** To whom the client's certificate may be shown. */
  readonly isKnown: boolean;
};

/** A connection that was kept may be closed by the other side just then: it is tried once more. */
async function exchange(
  call: HttpCall,
  connection: Connection,
): Promise<Exchanged> {
  const { fresh, kept } = connection.agents;
  // What has a body might be done twice: it gets a connection of its own.
  const agent = (call.body === undefined ? kept : fresh)(call.url);
  const answer = await send(call, connection, agent);
  return answer === "closed"
    ? ((await send(call, connection, fresh(call.url))) as Exchanged)
    : answer;
}

function send(
  call: HttpCall,
  { isKnown, timeoutMs, tls, ...options }: Connection,
  agent: Agent,
): Promise<Exchanged | "closed"> {
  const { method, url, headers, body, waitMs = 0, signal } = call;
  const { maxBytes } = { ...options, ...call };
  const limit = timeoutMs + waitMs;
  const deadline = AbortSignal.timeout(limit);
  const isSecure = url.protocol === "https:";
  const { ca, cert, key } = tls;
  return new Promise((resolve, reject) => {
    const fail = (error: Error & { readonly code?: string }) => {
      const reason = deadline.aborted
        ? `no whole answer within ${limit} ms`
        : reasonOf(error);
      reject(callFault(call, reason, error));
    };
    const outgoing = (isSecure ? requestHttps : requestHttp)(url, {
      method,
      headers: {
        "User-Agent": "Portcullis",
        ...headers,
        ...(body && { "Content-Length": String(body.length) }),
      },
      agent,
      signal: AbortSignal.any([signal, deadline]),
      ...(ca !== undefined && { ca }),
      ...(isKnown && cert !== undefined && { cert, key }),
    });
    outgoing.once("error", (error: Error & { readonly code?: string }) => {
      if (outgoing.reusedSocket && error.code === "ECONNRESET") {
        resolve("closed");
      } else {
        fail(error);
      }
    });
    outgoing.once("response", (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on("data", (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxBytes) {
          fail(new Error(`the answer has more than ${maxBytes} bytes`));
          outgoing.destroy();
        }
      });
      incoming.once("error", (error) =>
        fail(incoming.complete ? error : new Error("the answer was cut off")),
      );
      incoming.once("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.end(body);
  });
}
