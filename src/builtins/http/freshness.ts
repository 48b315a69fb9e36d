import type { Reply } from "./reply.ts";

const storable: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501,
]);

/** What a request says of how long its reply may be kept. */
export type Lifetime = {
  /** Above zero: so long, whatever the reply says. */
  readonly forcedSeconds: number;
  /** In milliseconds since 1970. */
  readonly now: number;
};

const maxSeconds = 2 ** 31 - 1;

/** Until when a reply needs no question; undefined for one that must not be kept. */
export function expiry(
  { statusCode, headers }: Reply,
  { forcedSeconds, now }: Lifetime,
): number | undefined {
  if (!storable.has(statusCode)) {
    return undefined;
  }
  if (forcedSeconds > 0) {
    return now + forcedSeconds * 1_000;
  }
  const directives = cacheControl(headers);
  if (directives.has("no-store")) {
    return undefined;
  }
  const maxAge = directives.get("max-age");
  if (maxAge === undefined) {
    return parseHttpDate(headers.get("expires")?.[0]) ?? 0;
  }
  const date = parseHttpDate(headers.get("date")?.[0]);
  return date === undefined || !/^\d+$/.test(maxAge)
    ? undefined
    : date + Math.min(Number(maxAge), maxSeconds) * 1_000;
}

function cacheControl(headers: Reply["headers"]): Map<string, string> {
  const directives = new Map<string, string>();
  for (const part of (headers.get("cache-control")?.[0] ?? "").split(",")) {
    const [name = "", value = "", more] = part.trim().split("=");
    if (name !== "" && more === undefined) {
      directives.set(name.trim(), value);
    }
  }
  return directives;
}

const httpDates = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/** Milliseconds since 1970 of a date in one of HTTP's three forms. */
function parseHttpDate(text = ""): number | undefined {
  if (!httpDates.some((form) => form.test(text))) {
    return undefined;
  }
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
