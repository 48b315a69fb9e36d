import { PolicyError } from "../../engine/index.ts";
import { digestFiles } from "../digest.ts";
import { readSource } from "../read-source.ts";
import { type Watcher, watchSource } from "../watch.ts";
import type { BundleSource, Fetched, SourceListener } from "./bundle-source.ts";

export type FileSourceOptions = {
  /** A folder or an archive. */
  readonly source: string;
  /** How long it must be quiet before a change counts. */
  readonly debounceMs: number;
};

/** A source on this machine's disk. */
export function createFileSource(options: FileSourceOptions): BundleSource {
  const { source: path } = options;
  let watcher: Watcher | undefined;
  const load = async (): Promise<Fetched> => {
    const source = await readSource(path);
    return { source, digest: digestFiles(source.files), from: path };
  };
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
    keep: async () => {},
    close: async () => {
      await watcher?.close();
    },
  };
}
