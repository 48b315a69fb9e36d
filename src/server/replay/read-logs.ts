import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  type JsonDocument,
  JsonSplitter,
  type LogFault,
} from "./json-splitter.ts";

/** What was read of a file at once. */
export type LogBatch = {
  readonly file: string;
  readonly documents: readonly JsonDocument[];
  readonly faults: readonly LogFault[];
  /** How many bytes of the file, as it lies on the disk, were read for it. */
  readonly bytes: number;
};

// Large enough for any input that a server takes, small enough to hold several.
const maxDocumentBytes = 64 * 1024 * 1024;

const chunkBytes = 256 * 1024;

/**
 * Reads logs piece by piece, packed by gzip or not, `-` from standard input;
 * what cannot be read is a fault of its file, never the end.
 */
export async function* readLogs(
  files: readonly string[],
): AsyncGenerator<LogBatch> {
  for (const file of files) {
    yield* readLog(file);
  }
}

async function* readLog(file: string): AsyncGenerator<LogBatch> {
  let documents: JsonDocument[] = [];
  let faults: LogFault[] = [];
  let read = 0;
  const take = (bytes: number): LogBatch => {
    const batch = { file, documents, faults, bytes: bytes - read };
    documents = [];
    faults = [];
    read = bytes;
    return batch;
  };
  const splitter = new JsonSplitter({
    maxBytes: maxDocumentBytes,
    onDocument: (document) => documents.push(document),
    onFault: (fault) => faults.push(fault),
  });
  const raw =
    file === "-"
      ? createReadStream("", { fd: 0, highWaterMark: chunkBytes })
      : createReadStream(file, { highWaterMark: chunkBytes });
  try {
    for await (const chunk of await unpacked(raw)) {
      splitter.push(chunk as Buffer);
      yield take(raw.bytesRead);
    }
  } catch (error) {
    faults.push({ line: splitter.line, problem: (error as Error).message });
  } finally {
    raw.destroy();
  }
  splitter.end();
  yield take(raw.bytesRead);
}

/** The stream itself, or what is packed in it, whatever its name says. */
async function unpacked(raw: Readable): Promise<Readable> {
  const first: unknown = await new Promise((resolve, reject) => {
    raw.once("error", reject);
    raw.once("end", () => resolve(null));
    raw.once("readable", () => resolve(raw.read()));
  });
  if (!Buffer.isBuffer(first)) {
    return raw;
  }
  raw.unshift(first);
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    return raw;
  }
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  raw.on("error", (error) => gunzip.destroy(error));
  return raw.pipe(gunzip);
}
