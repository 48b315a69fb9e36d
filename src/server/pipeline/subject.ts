import { createHash } from "node:crypto";

/** First 32 hex digits of SHA-256: enough to tell callers apart, and no name. */
export function hashSubject(subject: string): string {
  return createHash("sha256").update(subject).digest("hex").slice(0, 32);
}
