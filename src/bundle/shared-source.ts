import { stringify } from "../engine/index.ts";
import {
  isDataFile,
  type SourceData,
  type SourceFiles,
} from "./read-directory.ts";
import { parseDocument } from "./read-document.ts";

/**
 * A source as it can go to another thread without a copy of its data: that is
 * UTF-8 JSON in shared memory, and the texts of its files are left out.
 */
export function shareSource(source: SourceFiles): SourceFiles {
  const { data, files } = source;
  return {
    ...source,
    data: data instanceof Uint8Array ? data : shareBytes(jsonOf(data)),
    files: new Map([...files].filter(([name]) => !isDataFile(name))),
  };
}

/** A copy in memory that threads share. */
export function shareBytes(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** A base document as UTF-8 JSON. */
export function jsonOf(data: SourceData): Uint8Array {
  if (data instanceof Uint8Array) {
    return data;
  }
  // The engine's own writer is for any value; what files give is plain, but for large integers.
  try {
    return Buffer.from(JSON.stringify(data), "utf8");
  } catch {
    return Buffer.from(stringify(data), "utf8");
  }
}

/** A base document as a JavaScript value. */
export function documentOf(
  data: SourceData,
): Readonly<Record<string, unknown>> {
  return data instanceof Uint8Array
    ? (parseDocument(Buffer.from(data).toString("utf8"), "data.json") as Record<
        string,
        unknown
      >)
    : data;
}
