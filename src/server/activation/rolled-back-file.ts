import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, replaceFile, sha256Hex } from "../../bundle/index.ts";
import type { RolledBackDigest } from "./history.ts";

/** What was rolled back, for the next start. */
export type RolledBackFile = {
  /** What was written last; nothing where it cannot be read, which is told. */
  read(): Promise<readonly RolledBackDigest[]>;
  /** Writes after all that was to be written before; never rejects. */
  write(digests: readonly RolledBackDigest[]): Promise<void>;
};

type FileOptions = {
  readonly folder: string;
  /** Tells servers apart that share the folder and have other bundles. */
  readonly owner: string;
  /** Why it could not be read or written. */
  readonly onError: (error: Error) => void;
};

export function createRolledBackFile({
  folder,
  onError,
  owner,
}: FileOptions): RolledBackFile {
  const file = join(
    folder,
    `rolled-back-${sha256Hex(owner).slice(0, 16)}.json`,
  );
  let writing: Promise<void> = Promise.resolve();
  return {
    read: async () => {
      try {
        const bytes = await readIfThere(file);
        return bytes === undefined ? [] : parse(bytes.toString("utf8"), file);
      } catch (error) {
        onError(error as Error);
        return [];
      }
    },
    write: (digests) => {
      const text = `${JSON.stringify(digests, undefined, 2)}\n`;
      writing = writing
        .then(async () => {
          await mkdir(folder, { recursive: true });
          await replaceFile(file, [Buffer.from(text)], 0o600);
        })
        .catch(onError);
      return writing;
    },
  };
}

function parse(text: string, file: string): readonly RolledBackDigest[] {
  const digests = readJson(text);
  if (!Array.isArray(digests) || !digests.every(isEntry)) {
    throw new Error(`\`${file}\` is no list of what was rolled back`);
  }
  return digests;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is RolledBackDigest {
  const { at, digest, reason } = (value ?? {}) as Record<string, unknown>;
  return [at, digest, reason].every((one) => typeof one === "string");
}
