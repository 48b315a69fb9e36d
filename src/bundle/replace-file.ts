import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";

/** A file's bytes; undefined where there is none. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Writes a file beside and renames it: another process sees the one before or this one, whole. */
export async function replaceFile(
  file: string,
  parts: readonly Uint8Array[],
  mode: number,
): Promise<void> {
  const beside = `${file}.${randomUUID()}`;
  try {
    const handle = await open(beside, "wx", mode);
    try {
      for (const part of parts) {
        await handle.writeFile(part);
      }
      // Else a crash may leave the name without the bytes.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
