import type { SourceText } from "./source-text.ts";
import type { TemplatePart } from "./token.ts";

/** The offset after the quoted string that starts at `start`. */
export function endOfQuoted(
  source: SourceText,
  start: number,
  limit: number,
): number {
  for (let at = start + 1; at < limit; at += 1) {
    const character = source.text[at];
    if (character === "\\") {
      at += 1;
    } else if (character === '"') {
      return at + 1;
    } else if (character === "\n") {
      break;
    }
  }
  return source.fail("non-terminated string", start);
}

/** The value of a quoted string, escapes resolved as in JSON. */
export function unquote(
  source: SourceText,
  quoted: string,
  start: number,
): string {
  try {
    return JSON.parse(quoted.replaceAll("\t", "\\t"));
  } catch {
    return source.fail("illegal string literal", start);
  }
}

/** The parts of the template string at `start`, and the offset after it. */
export function scanTemplate(
  source: SourceText,
  start: number,
  limit: number,
): { readonly parts: readonly TemplatePart[]; readonly end: number } {
  const { text } = source;
  const quote = text[start + 1];
  const parts: TemplatePart[] = [];
  let at = start + 2;
  let from = at;
  const flush = (end: number): void => {
    if (end > from) {
      const piece = text.slice(from, end).replaceAll("\\{", "{");
      const value =
        quote === '"' ? unquote(source, `"${piece}"`, start) : piece;
      parts.push({ kind: "text", value });
    }
  };
  while (at < limit && text[at] !== quote) {
    if (text[at] === "\\") {
      at += 2;
    } else if (text[at] === "{") {
      flush(at);
      const end = endOfBraces(source, at, limit);
      parts.push({ kind: "expr", start: at + 1, end: end - 1 });
      at = end;
      from = end;
    } else {
      at += 1;
    }
  }
  if (at >= limit) {
    source.fail("non-terminated string", start);
  }
  flush(at);
  return { parts, end: at + 1 };
}

/** Braces nest; strings inside expressions are skipped. */
function endOfBraces(source: SourceText, start: number, limit: number): number {
  let depth = 0;
  let at = start;
  while (at < limit) {
    const character = source.text[at];
    if (character === '"') {
      at = endOfQuoted(source, at, limit);
      continue;
    }
    depth += character === "{" ? 1 : character === "}" ? -1 : 0;
    at += 1;
    if (depth === 0) {
      return at;
    }
  }
  return source.fail("non-terminated template expression", start);
}
