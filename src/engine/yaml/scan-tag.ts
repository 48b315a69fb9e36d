import type { Cursor } from "./cursor.ts";
import { type Mark, parseFault, scanFault } from "./token.ts";

const yamlPrefix = "tag:yaml.org,2002:";

/** What a document's `%TAG` lines add to: handles by what they stand for. */
export function standardHandles(): Map<string, string> {
  return new Map([
    ["!", "!"],
    ["!!", yamlPrefix],
  ]);
}

/** Reads a tag, as libyaml does; YAML's own come in their short form, `!!int`. */
export function scanTag(
  cursor: Cursor,
  handles: ReadonlyMap<string, string>,
): string {
  const start = cursor.mark();
  const tag =
    cursor.peek(1) === "<"
      ? scanVerbatim(cursor, start)
      : scanShorthand(cursor, start, handles);
  if (!cursor.isBlankOrEnd()) {
    const problem = "did not find expected whitespace or line break";
    throw scanFault(problem, start, cursor.mark());
  }
  return tag.startsWith(yamlPrefix) ? `!!${tag.slice(yamlPrefix.length)}` : tag;
}

/** `!<tag:example.com,2000:x>`. */
function scanVerbatim(cursor: Cursor, start: Mark): string {
  cursor.skip(2);
  const uri = scanTagUri(cursor, start, "");
  if (cursor.peek() !== ">") {
    throw scanFault("did not find the expected '>'", start, cursor.mark());
  }
  cursor.skip();
  return uri;
}

/** `!x`, `!!x`, `!handle!x` or a lone `!`. */
function scanShorthand(
  cursor: Cursor,
  start: Mark,
  handles: ReadonlyMap<string, string>,
): string {
  const handle = scanTagHandle(cursor, start, false);
  if (handle.length === 1 || !handle.endsWith("!")) {
    return `!${scanTagUri(cursor, start, handle)}`;
  }
  const suffix = scanTagUri(cursor, start, "");
  const prefix = handles.get(handle);
  if (prefix === undefined) {
    throw parseFault("found undefined tag handle", start, start);
  }
  return prefix + suffix;
}

/** `!`, `!!` or `!name!`; outside a directive also the beginning of a suffix. */
export function scanTagHandle(
  cursor: Cursor,
  start: Mark,
  inDirective: boolean,
): string {
  if (cursor.peek() !== "!") {
    throw scanFault("did not find expected '!'", start, cursor.mark());
  }
  cursor.skip();
  const handle = `!${cursor.readWhile(/[0-9A-Za-z_-]/)}`;
  if (cursor.peek() === "!") {
    cursor.skip();
    return `${handle}!`;
  }
  if (inDirective && handle !== "!") {
    throw scanFault("did not find expected '!'", start, cursor.mark());
  }
  return handle;
}

/** Reads a URI behind what a handle has already taken of it. */
export function scanTagUri(cursor: Cursor, start: Mark, head: string): string {
  let uri = head.slice(1);
  while (/[0-9A-Za-z_\-;/?:@&=+$,.!~*'()[\]%]/.test(cursor.peek())) {
    uri += cursor.peek() === "%" ? scanOctets(cursor, start) : cursor.read();
  }
  if (head === "" && uri === "") {
    throw scanFault("did not find expected tag URI", start, cursor.mark());
  }
  return uri;
}

/** A run of `%c3%a9` as the UTF-8 that it is. */
function scanOctets(cursor: Cursor, start: Mark): string {
  const from = cursor.mark();
  let escaped = "";
  while (cursor.peek() === "%") {
    const octet = cursor.peek(0) + cursor.peek(1) + cursor.peek(2);
    if (!/^%[0-9A-Fa-f]{2}$/.test(octet)) {
      throw scanFault("did not find URI escaped octet", start, cursor.mark());
    }
    escaped += octet;
    cursor.skip(3);
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw scanFault("found an incorrect leading UTF-8 octet", start, from);
  }
}
