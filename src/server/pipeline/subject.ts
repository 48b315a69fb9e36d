import { hash } from "node:crypto";

/** First 32 hex digits of SHA-256: enough to tell callers apart, and no name. */
export function hashSubject(subject: string): string {
  return hash("sha256", subject, "hex").slice(0, 32);
}
