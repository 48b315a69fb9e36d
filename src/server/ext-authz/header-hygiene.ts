import { PolicyError } from "../../engine/index.ts";

/** Longer header values are cut; Envoy's own default limit for all is 60 KiB. */
const maxValueBytes = 1024;

const controls = /[\p{Cc}\u2028\u2029]+/gu;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * A text as a header value: control characters become one blank, the ends are
 * trimmed, and it is cut at 1 KiB of UTF-8 between characters.
 */
export function toHeaderValue(text: string): string {
  const clean = text.replace(controls, " ").trim();
  // Fewer characters than a third of the limit cannot exceed it in bytes.
  if (clean.length <= maxValueBytes / 3) {
    return clean;
  }
  const bytes = Buffer.from(clean, "utf8");
  if (bytes.length <= maxValueBytes) {
    return clean;
  }
  let end = maxValueBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.toString("utf8", 0, end);
}

/** A header name of a guard, lower-case; throws for what is no name. */
export function toHeaderName(name: string): string {
  if (!token.test(name)) {
    throw new PolicyError(
      "guard_verdict_error",
      `${JSON.stringify(name)} is not a header name`,
    );
  }
  return name.toLowerCase();
}
