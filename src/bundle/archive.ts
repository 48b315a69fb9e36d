import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { PolicyError } from "../engine/index.ts";
import { fault } from "./fault.ts";

/** One file of a bundle. */
export type BundleFile = {
  /** As the archive spells it; in a folder, from its top with a slash. */
  readonly path: string;
  /** From the bundle's top, without dots and slashes before it. */
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** What an archive may hold at most, unpacked. */
export type ArchiveLimits = {
  readonly totalBytes: number;
  readonly fileBytes: number;
  readonly files: number;
};

export const archiveLimits: ArchiveLimits = {
  // A gzip stream of one megabyte can hold a thousand of these.
  totalBytes: 1 << 30,
  fileBytes: 1 << 29,
  files: 50_000,
};

type Header = {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly size?: number | undefined;
};

/**
 * The files of a gzipped tar, in their order. What could reach beyond the
 * bundle or exhaust the reader is refused by name: links, devices, paths that
 * escape, a name that comes twice, and whatever exceeds the limits.
 */
export async function readArchive(
  archive: Uint8Array,
  limits: ArchiveLimits = archiveLimits,
): Promise<readonly BundleFile[]> {
  const tar = unzip(archive, limits);
  const reader = extract();
  const files = new Map<string, BundleFile>();
  try {
    reader.end(tar);
    for await (const entry of reader) {
      const name = checkedName(entry.header, limits);
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) {
        chunks.push(chunk as Uint8Array);
      }
      if (name !== undefined) {
        const { name: path } = entry.header;
        addFile(files, { path, name, bytes: Buffer.concat(chunks) }, limits);
      }
    }
  } catch (error) {
    throw error instanceof PolicyError ? error : unreadable(error);
  }
  return [...files.values()];
}

function unzip(archive: Uint8Array, { totalBytes }: ArchiveLimits): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: totalBytes });
  } catch (error) {
    const isBomb =
      (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isBomb
      ? fault(`archive holds more than ${totalBytes} bytes`)
      : unreadable(error);
  }
}

function unreadable(cause: unknown): PolicyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isCut = /unexpected end/i.test(reason);
  return fault(
    `bundle read failed: ${isCut ? "unexpected EOF" : `archive read failed: ${reason}`}`,
    cause,
  );
}

/** The name of a file; undefined for a folder. */
function checkedName(
  { name, type, size = 0 }: Header,
  limits: ArchiveLimits,
): string | undefined {
  const clean = cleanName(name);
  if (type === "directory") {
    return undefined;
  }
  if (type !== "file" && type !== "contiguous-file") {
    throw fault(`\`${name}\` is a ${type}; a bundle holds files only`);
  }
  checkSize(name, size, limits);
  return clean;
}

/** Refuses a file that is larger than a bundle's file may be. */
export function checkSize(
  name: string,
  size: number,
  { fileBytes }: ArchiveLimits = archiveLimits,
): void {
  if (size > fileBytes) {
    throw fault(
      `bundle file ${name} size (${size} bytes) exceeds configured size_limit_bytes (${fileBytes} bytes)`,
    );
  }
}

/** From the bundle's top, as its signature and its data count it. */
function cleanName(path: string): string {
  const parts = path.split("/");
  if (parts.includes("..") || /[\\\0]/.test(path)) {
    throw fault(`path \`${path}\` leads out of the bundle`);
  }
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}

function addFile(
  files: Map<string, BundleFile>,
  file: BundleFile,
  limits: ArchiveLimits,
): void {
  if (files.has(file.name)) {
    throw fault(`file \`${file.name}\` is in the bundle twice`);
  }
  if (files.size === limits.files) {
    throw fault(`bundle has more than ${limits.files} files`);
  }
  files.set(file.name, file);
}
