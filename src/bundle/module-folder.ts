import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CompiledSource } from "./compile-source.ts";
import { readIfThere, replaceFile } from "./replace-file.ts";

/** Compiled modules on disk, for the next process; several may share it. */
export type ModuleFolder = {
  /** What was kept under a key; undefined when there is nothing, or nothing whole. */
  read(key: string): Promise<CompiledSource | undefined>;
  /** Never rejects: a module that could not be kept is compiled again. */
  write(key: string, compiled: CompiledSource): Promise<void>;
};

type FolderOptions = {
  /** It is made when there is something to keep. */
  readonly path: string;
  /** How many modules it holds at most. */
  readonly size: number;
  /** Why something could not be kept or read. */
  readonly onError: (error: Error) => void;
};

/** A folder of compiled modules: each file says the digest of what it holds. */
export function createModuleFolder({
  onError,
  path,
  size,
}: FolderOptions): ModuleFolder {
  const fileOf = (key: string): string => join(path, `${key}${extension}`);
  return {
    read: async (key) => {
      try {
        const bytes = await readIfThere(fileOf(key));
        const compiled = bytes && unpack(key, bytes);
        if (bytes && !compiled) {
          onError(new Error(`\`${fileOf(key)}\` is not whole`));
        }
        return compiled;
      } catch (error) {
        onError(error as Error);
        return undefined;
      }
    },
    write: async (key, compiled) => {
      try {
        await mkdir(path, { recursive: true });
        await replaceFile(fileOf(key), [pack(key, compiled)], 0o644);
        await removeOldest(path, size);
      } catch (error) {
        onError(error as Error);
      }
    },
  };
}

const extension = ".module";

/** A line of JSON, then the module: the digest covers all but itself, and the key. */
function pack(key: string, { wasm, ...known }: CompiledSource): Uint8Array {
  const text = JSON.stringify(known);
  const line = JSON.stringify({ sha256: digest(key, text, wasm), known });
  return Buffer.concat([Buffer.from(`${line}\n`), wasm]);
}

function unpack(key: string, bytes: Buffer): CompiledSource | undefined {
  const end = bytes.indexOf("\n");
  const wasm = bytes.subarray(end + 1);
  try {
    const { known, sha256 } = JSON.parse(bytes.toString("utf8", 0, end));
    return sha256 === digest(key, JSON.stringify(known), wasm)
      ? { ...known, wasm }
      : undefined;
  } catch {
    return undefined;
  }
}

function digest(key: string, known: string, wasm: Uint8Array): string {
  const hash = createHash("sha256").update(`${key}\n${known}\n`);
  return hash.update(wasm).digest("hex");
}

async function removeOldest(path: string, size: number): Promise<void> {
  const names = (await readdir(path)).filter((name) =>
    name.endsWith(extension),
  );
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      // Another process may have removed it.
      const found = await stat(file).catch(() => undefined);
      return { file, time: found?.mtimeMs ?? 0 };
    }),
  );
  const old = files.sort((a, b) => b.time - a.time).slice(size);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}
