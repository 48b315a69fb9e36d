import { join } from "node:path";
import { watch } from "chokidar";
import { patchFile } from "./patch.ts";
import { manifestFile } from "./read-directory.ts";
import { isArchive } from "./read-source.ts";

/** Ends the watching. */
export type Watcher = { close(): Promise<void> };

type WatchOptions = {
  /** The source: a folder or an archive. */
  readonly source: string;
  /** How long it must be quiet before a change is reported. */
  readonly debounceMs: number;
  /** Must not throw; the next call waits for the one before. */
  readonly onChange: () => Promise<void>;
};

/** Watches an archive, or the files of a source folder; resolves when it sees. */
export async function watchSource({
  source,
  debounceMs,
  onChange,
}: WatchOptions): Promise<Watcher> {
  const paths = isArchive(source)
    ? [source]
    : ["guards", "policies", manifestFile, patchFile].map((root) =>
        join(source, root),
      );
  const watcher = watch(paths, { ignoreInitial: true });
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(onChange);
    }, debounceMs);
  });
  await new Promise<void>((resolve) => {
    watcher.once("ready", resolve);
  });
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await running;
    },
  };
}
