import { ByteWriter } from "./byte-writer.ts";

/** Bytes behind their number. */
export function writeSized(out: ByteWriter, bytes: Uint8Array): void {
  out.unsigned(bytes.length);
  out.raw(bytes);
}

/** A section of what `content` writes. */
export function writeSection(
  out: ByteWriter,
  id: number,
  content: (part: ByteWriter) => void,
): void {
  const part = new ByteWriter(1 << 10);
  content(part);
  out.byte(id);
  writeSized(out, part.written());
}

/** A section of as many parts as there are items. */
export function writeList<T>(
  out: ByteWriter,
  id: number,
  items: readonly T[],
  one: (part: ByteWriter, item: T) => void,
): void {
  writeSection(out, id, (part) => {
    part.unsigned(items.length);
    for (const item of items) {
      one(part, item);
    }
  });
}
