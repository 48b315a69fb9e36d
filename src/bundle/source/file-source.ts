import { PolicyError } from "../../engine/index.ts";
import { named } from "../fault.ts";
import { readBundleFiles } from "../read-bundle.ts";
import { isInRoots, isSpecial } from "../read-directory.ts";
import { readSource, toSource } from "../read-source.ts";
import { type Watcher, watchSource } from "../watch.ts";
import type { BundleReader } from "./bundle-reader.ts";
import type { BundleSource, Fetched, SourceListener } from "./bundle-source.ts";
import { toFetched } from "./read-delivery.ts";
import { checkSignatures, type Trust } from "./trust.ts";

type FileSourceOptions = {
  /** A folder or an archive. */
  readonly source: string;
  /** How long it must be quiet before a change counts. */
  readonly debounceMs: number;
  readonly trust: Trust;
  readonly read: BundleReader;
};

/** A source on this machine's disk. */
export function createFileSource(options: FileSourceOptions): BundleSource {
  const { read, source: path, trust } = options;
  let watcher: Watcher | undefined;
  const load = (): Promise<Fetched> => read({ from: path, trust });
  const tell = async (listener: SourceListener): Promise<void> => {
    let fetched: Fetched;
    try {
      fetched = await load();
    } catch (error) {
      listener.failed(PolicyError.from(error, "bundle_load_error"));
      return;
    }
    await listener.fetched(fetched);
  };
  return {
    load,
    watch: async (listener) => {
      const onChange = () => tell(listener);
      watcher = await watchSource({ ...options, onChange });
      // An edit between the first load and this has raised no event.
      await onChange();
    },
    // The disk is its own copy.
    keep: async () => undefined,
    lastKept: async () => undefined,
    forget: () => {},
    close: async () => {
      await watcher?.close();
    },
  };
}

/** Reads a folder or an archive, and verifies what must be signed. */
export async function readFileSource(
  path: string,
  trust: Trust,
): Promise<Fetched> {
  return trust.isRequired || trust.verification !== undefined
    ? readSigned(path, trust)
    : toFetched(await readSource(path), path);
}

/** Every file of a folder must be signed, by its name from the folder's top; those in the roots are served. */
async function readSigned(path: string, trust: Trust): Promise<Fetched> {
  const { files, signatures, isFolder } = await readBundleFiles(path);
  try {
    const given = signatures === undefined ? [] : [signatures];
    const signedBy = checkSignatures(files, given, trust);
    const served = files.filter(
      ({ name }) => !isFolder || isInRoots(name) || isSpecial(name),
    );
    return toFetched(toSource(served), path, signedBy);
  } catch (error) {
    throw named(path, error);
  }
}
