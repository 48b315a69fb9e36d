import {
  type BuiltinContext,
  BuiltinError,
  isArray,
  RegoObject,
  toRego,
} from "../../engine/builtins/index.ts";
import { goQuote } from "../go/quote.ts";
import { expiry, type Lifetime } from "./freshness.ts";
import { readFlagParameter } from "./parameters.ts";
import { type Bounds, perform } from "./perform.ts";
import type { Reply } from "./reply.ts";
import { ReplyCache, type Stored } from "./reply-cache.ts";
import type { Request } from "./request.ts";
import { UnplacedError } from "./send-error.ts";

/** A request without the headers that do not tell replies apart. */
export function cacheKey(given: RegoObject): RegoObject {
  const ignored = given.get("cache_ignored_headers");
  const headers = given.get("headers");
  const without = ["cache_ignored_headers", null] as const;
  if (ignored === undefined || !(headers instanceof RegoObject)) {
    return RegoObject.of([...given.entries, without]);
  }
  if (!(isArray(ignored) && ignored.every((one) => typeof one === "string"))) {
    throw new UnplacedError(
      "cache_ignored_headers must be an array of strings",
    );
  }
  const telling = headers.entries.filter(
    ([name]) => !ignored.some((one) => one === name),
  );
  return RegoObject.of([
    ...given.entries,
    ["headers", RegoObject.of(telling)],
    without,
  ]);
}

/** For how many seconds a request wants its reply kept: zero for as long as the reply says, undefined for none. */
export function keptSeconds(given: RegoObject): number | undefined {
  const isCached = readFlagParameter(given, "cache");
  if (readFlagParameter(given, "force_cache")) {
    return forcedSeconds(given);
  }
  return isCached && hasKnownMode(given) ? 0 : undefined;
}

function forcedSeconds(given: RegoObject): number | undefined {
  const duration = given.get("force_cache_duration_seconds");
  if (duration === undefined) {
    throw new BuiltinError(
      "'force_cache' set but 'force_cache_duration_seconds' parameter is missing",
    );
  }
  const text = toRego(duration);
  const fault = !/^-?\d+$/.test(text)
    ? "invalid syntax"
    : Math.abs(Number(text)) >= 2 ** 31
      ? "value out of range"
      : undefined;
  if (fault !== undefined) {
    throw new BuiltinError(
      `strconv.ParseInt: parsing ${goQuote(text)}: ${fault}`,
    );
  }
  return hasKnownMode(given) ? Number(text) : undefined;
}

/** OPA keeps nothing for a request with a mode it does not know. */
function hasKnownMode(given: RegoObject): boolean {
  const mode = given.get("caching_mode") ?? "serialized";
  return mode === "serialized" || mode === "deserialized";
}

type CachedCall = {
  readonly key: string;
  readonly request: Request;
  /** What is asked when a kept reply may be out of date. */
  readonly revalidation: Request;
  readonly lifetime: Lifetime;
  readonly bounds: Bounds;
};

/** The kept reply of a request, or a new one, which is kept if it may be. */
export async function performCached(
  call: CachedCall,
  { policyCache }: BuiltinContext,
): Promise<Reply> {
  const slot = "http.send";
  const cache =
    (policyCache.get(slot) as ReplyCache | undefined) ?? new ReplyCache();
  policyCache.set(slot, cache);
  const stored = cache.get(call.key);
  if (stored && call.lifetime.now < stored.expiresAt) {
    return stored.reply;
  }
  cache.delete(call.key);
  const renewed = stored && (await revalidate(stored, call));
  const reply = renewed ?? (await perform(call.request, call.bounds));
  const expiresAt = expiry(reply, call.lifetime);
  if (expiresAt !== undefined) {
    cache.set(call.key, { reply, expiresAt });
  }
  return reply;
}

/** The kept reply if it still holds, or the one in its place; undefined where the server tells neither. */
async function revalidate(
  { reply }: Stored,
  { revalidation, bounds }: CachedCall,
): Promise<Reply | undefined> {
  const etag = reply.headers.get("etag")?.[0];
  const modified = reply.headers.get("last-modified")?.[0];
  if (!(etag || modified)) {
    return undefined;
  }
  const headers = new Map(revalidation.headers);
  if (etag) {
    headers.set("If-None-Match", etag);
  }
  if (modified) {
    headers.set("If-Modified-Since", modified);
  }
  const answer = await perform({ ...revalidation, headers }, bounds);
  if (answer.statusCode === 304) {
    return {
      ...reply,
      headers: new Map([...reply.headers, ...answer.headers]),
    };
  }
  return answer.statusCode === 200 ? answer : undefined;
}
