import { createHash } from "node:crypto";

/** SHA-256 in hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** SHA-256 over the sorted names and contents of a source's files, in hex. */
export function digestFiles(files: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, text] of sorted) {
    // Lengths first, so that no two sets of files give the same bytes.
    hash.update(
      `${Buffer.byteLength(name)}:${name}${Buffer.byteLength(text)}:`,
    );
    hash.update(text);
  }
  return hash.digest("hex");
}
