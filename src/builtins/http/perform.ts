import { setTimeout } from "node:timers/promises";
import {
  type BuiltinContext,
  BuiltinError,
  PolicyError,
} from "../../engine/builtins/index.ts";
import { exchange, networkError } from "./exchange.ts";
import type { Reply } from "./reply.ts";
import type { Request } from "./request.ts";
import { NetworkError } from "./send-error.ts";
import { readTarget, type Target } from "./target.ts";

/** What a request may do and for how long. */
export type Bounds = Pick<BuiltinContext, "network" | "signal"> & {
  /** How often to try again when no answer comes. */
  readonly retries: number;
};

const minDelayMs = 100;
const maxDelayMs = 60_000;
const maxRedirects = 100;

/** Sends a request until there is an answer, each time within its timeout. */
export async function perform(
  request: Request,
  bounds: Bounds,
): Promise<Reply> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await follow(request, bounds);
    } catch (error) {
      if (bounds.signal.aborted) {
        throw new PolicyError(
          "eval_limit_error",
          "http.send: timed out (context deadline exceeded)",
        );
      }
      if (!(error instanceof NetworkError && attempt < bounds.retries)) {
        throw error;
      }
    }
    await setTimeout(delay(attempt), undefined, { signal: bounds.signal });
  }
}

/** Grows with each attempt, with some chance in it; the first retry is at once. */
function delay(attempt: number): number {
  const grown = Math.min(minDelayMs * 1.6 ** attempt, maxDelayMs);
  return attempt === 0 ? 0 : grown * (0.8 + 0.4 * Math.random());
}

async function follow(
  request: Request,
  { network, signal }: Bounds,
): Promise<Reply> {
  const inTime =
    request.timeoutMs > 0
      ? AbortSignal.any([
          signal,
          AbortSignal.timeout(Math.min(request.timeoutMs, 0x7fff_ffff)),
        ])
      : signal;
  let current = request;
  for (let count = 0; ; count += 1) {
    const reply = await exchange(current, inTime);
    const location = reply.headers.get("location")?.[0] ?? "";
    if (!(request.followsRedirects && isRedirect(reply) && location !== "")) {
      return reply;
    }
    if (count === maxRedirects) {
      throw networkError(request, `stopped after ${maxRedirects} redirects`);
    }
    current = redirect(current, reply, {
      location,
      network,
      method: request.method,
    });
  }
}

function isRedirect({ statusCode }: Reply): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

/** The request that a redirect asks for; throws for a host that may not be contacted. */
function redirect(
  request: Request,
  { statusCode }: Reply,
  {
    location,
    network,
    method,
  }: {
    readonly location: string;
    readonly network: BuiltinContext["network"];
    /** The one that errors name: of the first request. */
    readonly method: string;
  },
): Request {
  const url = resolve(location, request.target);
  if (url === undefined) {
    throw networkError(
      request,
      `failed to parse Location header ${JSON.stringify(location)}`,
    );
  }
  let target: Target;
  try {
    target = readTarget(url, network);
  } catch (error) {
    if (error instanceof BuiltinError) {
      throw networkError(
        { method, target: { ...request.target, url } },
        error.message,
      );
    }
    throw error;
  }
  const keepsBody = statusCode === 307 || statusCode === 308;
  const headers = redirectHeaders(request, target, keepsBody);
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) {
    headers.delete("Host");
  }
  return {
    ...request,
    target: { ...target, socket: request.target.socket },
    headers,
    body: keepsBody ? request.body : Buffer.alloc(0),
    method: keepsBody || request.method === "HEAD" ? request.method : "GET",
  };
}

function resolve(location: string, { scheme, host, path }: Target) {
  return URL.canParse(location, `${scheme}://${host}${path}`)
    ? new URL(location, `${scheme}://${host}${path}`).href
    : undefined;
}

const secrets = ["Authorization", "Www-Authenticate", "Cookie", "Cookie2"];
const proxySecrets = ["Proxy-Authorization", "Proxy-Authenticate"];
const ofBody = [
  "Content-Encoding",
  "Content-Language",
  "Content-Location",
  "Content-Type",
];

/** Secrets stay with a host and what is below it. */
function redirectHeaders(
  { headers, target: from }: Request,
  to: Target,
  keepsBody: boolean,
): Map<string, string> {
  const isSame =
    to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
  const dropped = [
    ...(isSame ? [] : [...secrets, ...proxySecrets]),
    ...(keepsBody ? [] : ofBody),
  ];
  return new Map([...headers].filter(([name]) => !dropped.includes(name)));
}
