import type { Reply } from "./reply.ts";

/** A reply with the time until which it needs no question, in milliseconds since 1970. */
export type Stored = { readonly reply: Reply; readonly expiresAt: number };

const maxEntries = 1_000;
const maxBytes = 32 * 1024 * 1024;

/** Replies by their requests; the least recently used go when room is needed. */
export class ReplyCache {
  private readonly entries = new Map<string, Stored & { size: number }>();
  private readonly maxBytes: number;
  private bytes = 0;

  constructor(limit = maxBytes) {
    this.maxBytes = limit;
  }

  get(key: string): Stored | undefined {
    const stored = this.entries.get(key);
    if (stored) {
      this.entries.delete(key);
      this.entries.set(key, stored);
    }
    return stored;
  }

  delete(key: string): void {
    this.bytes -= this.entries.get(key)?.size ?? 0;
    this.entries.delete(key);
  }

  /** Does nothing for a reply that is larger than the whole cache may be. */
  set(key: string, { reply, expiresAt }: Stored): void {
    this.delete(key);
    const size = sizeOf(key, reply);
    if (size > this.maxBytes) {
      return;
    }
    this.entries.set(key, { reply, expiresAt, size });
    this.bytes += size;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.maxBytes && this.entries.size <= maxEntries) {
        return;
      }
      this.delete(oldest);
    }
  }
}

function sizeOf(key: string, { body, headers }: Reply): number {
  let size = 2 * key.length + body.length;
  for (const [name, values] of headers) {
    size += 2 * (name.length + values.join("").length);
  }
  return size;
}
