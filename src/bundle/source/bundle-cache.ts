import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../digest.ts";
import { fault } from "../fault.ts";
import { readIfThere, replaceFile } from "../replace-file.ts";
import type { Delivery } from "./remote.ts";

/** A delivery that was kept. */
export type Kept = Delivery & {
  /** When, in ISO 8601. */
  readonly keptAt: string;
};

type Head = Omit<Kept, "archive"> & {
  /** SHA-256 of the source's address, which may hold secrets. */
  readonly source: string;
  /** SHA-256 of the archive, in hex. */
  readonly archiveDigest: string;
};

/** The last good bundle of each source, by its address, on disk. */
export type BundleCache = {
  /** Undefined where nothing was kept; throws when it cannot be used. */
  read(address: string): Promise<Kept | undefined>;
  write(address: string, delivery: Delivery): Promise<void>;
};

/**
 * A cache in a folder, which several processes may share: one file a source,
 * a line that tells of it and then the archive. It is written beside and
 * renamed, so that a reader sees the one or the other, whole.
 */
export function createBundleCache(folder: string): BundleCache {
  const fileOf = (source: string) => join(folder, `${source}.bundle`);
  return {
    read: async (address) => {
      const source = sha256Hex(address);
      const bytes = await readIfThere(fileOf(source));
      return bytes && decode(bytes, source);
    },
    write: async (address, delivery) => {
      const source = sha256Hex(address);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceFile(fileOf(source), encode(source, delivery), 0o600);
    },
  };
}

function encode(
  source: string,
  { archive, ...delivery }: Delivery,
): readonly Uint8Array[] {
  const head: Head = {
    source,
    ...delivery,
    keptAt: new Date().toISOString(),
    archiveDigest: sha256Hex(archive),
  };
  return [Buffer.from(`${JSON.stringify(head)}\n`), archive];
}

function decode(bytes: Buffer, source: string): Kept {
  const end = bytes.indexOf("\n");
  const head = readHead(bytes.subarray(0, end).toString("utf8"));
  const archive = bytes.subarray(end + 1);
  if (head?.source !== source || head.archiveDigest !== sha256Hex(archive)) {
    throw fault("the copy in the cache is damaged");
  }
  const { validator, from, signatures, keptAt } = head;
  return { archive, validator, from, signatures, keptAt };
}

function readHead(text: string): Head | undefined {
  try {
    return JSON.parse(text) as Head;
  } catch {
    return undefined;
  }
}
