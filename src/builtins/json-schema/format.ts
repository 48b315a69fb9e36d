import { isIP } from "node:net";
import type { RegexMatcher } from "../../engine/builtins/index.ts";
import { type GoUrl, GoUrlError, parseGoUrl } from "../go/url.ts";

type Check = (text: string, regex: RegexMatcher) => boolean;

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["date", isDate],
  ["time", isTime],
  ["date-time", (text) => isTime(text) || isDate(text) || isDateTime(text)],
  ["hostname", isHostname],
  ["email", isEmail],
  ["idn-email", isEmail],
  [
    "ipv4",
    (text) => isIP(text) === 4 || (isIP(text) === 6 && text.includes(".")),
  ],
  ["ipv6", (text) => isIP(text) === 6 && !text.includes("%")],
  ["uri", (text) => (parseUrl(text)?.Scheme ?? "") !== ""],
  ["uri-reference", (text) => parseUrl(text) !== undefined],
  ["iri", (text) => (parseUrl(text)?.Scheme ?? "") !== ""],
  ["iri-reference", (text) => parseUrl(text) !== undefined],
  ["uri-template", isTemplate],
  [
    "uuid",
    (text) => /^[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}$/i.test(text),
  ],
  ["regex", (text, regex) => regex.isValid(text)],
  ["json-pointer", isPointer],
  ["relative-json-pointer", isRelativePointer],
]);

/** Whether a text is of the format; any is of one that is not known. */
export function isFormat(
  name: string,
  text: string,
  regex: RegexMatcher,
): boolean {
  return checks.get(name)?.(text, regex) ?? true;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) {
    return false;
  }
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const clock = /^(\d{1,2}):(\d\d):(\d\d)([.,]\d+)?(Z|[+-](\d\d):(\d\d))?$/;

function isTime(text: string): boolean {
  const [whole, hour, minute, second, , , zoneHour = "0", zoneMinute = "0"] =
    clock.exec(text) ?? [];
  return (
    whole !== undefined &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    Number(zoneHour) <= 24 &&
    Number(zoneMinute) < 60
  );
}

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.split(/T(.*)/s);
  return isDate(date) && isTime(time) && /Z$|[+-]\d\d:\d\d$/.test(time);
}

function isHostname(text: string): boolean {
  return (
    text.length < 256 &&
    text
      .split(".")
      .every((label) =>
        /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(label),
      )
  );
}

/** An address, with or without a name before it. */
function isEmail(text: string): boolean {
  const [, inner] = /^[^<>]*<([^<>]+)>\s*$/.exec(text) ?? [];
  const address = (inner ?? text).trim();
  const at = address.lastIndexOf("@");
  const atom = /^[^\s()<>[\]:;@\\,."]+$/;
  const local = address.slice(0, Math.max(at, 0));
  const isLocal =
    /^"[^"\\\n]*"$/.test(local) ||
    local.split(".").every((part) => atom.test(part));
  const domain = address.slice(at + 1);
  return (
    at > 0 &&
    isLocal &&
    (/^\[[^\]]*\]$/.test(domain) ||
      domain.split(".").every((part) => atom.test(part)))
  );
}

function parseUrl(text: string): GoUrl | undefined {
  if (text.includes("\\")) {
    return undefined;
  }
  try {
    return parseGoUrl(text);
  } catch (error) {
    if (error instanceof GoUrlError) {
      return undefined;
    }
    throw error;
  }
}

/** Braces come in pairs and not within each other. */
function isTemplate(text: string): boolean {
  const path = parseUrl(text)?.Path;
  if (path === undefined) {
    return false;
  }
  const open = path.lastIndexOf("{");
  return open < 0 || path.indexOf("}", open) >= 0;
}

function isPointer(text: string): boolean {
  return text === "" || (text.startsWith("/") && !/~(?![01])/.test(text));
}

function isRelativePointer(text: string): boolean {
  const [whole, rest = ""] = /^(?:0|[1-9][0-9]*)(.*)$/s.exec(text) ?? [];
  return whole !== undefined && (rest === "#" || isPointer(rest));
}
