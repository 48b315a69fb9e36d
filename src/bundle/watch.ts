import { join } from "node:path";
import { watch } from "chokidar";

/** Ends the watching. */
export type Watcher = { close(): Promise<void> };

type WatchOptions = {
  /** The source folder. */
  readonly folder: string;
  /** How long the folder must be quiet before a change is reported. */
  readonly debounceMs: number;
  /** Must not throw; the next call waits for the one before. */
  readonly onChange: () => Promise<void>;
};

/** Watches a source folder's `guards/` and `policies/`; resolves when it sees. */
export async function watchDirectory({
  folder,
  debounceMs,
  onChange,
}: WatchOptions): Promise<Watcher> {
  const paths = ["guards", "policies"].map((root) => join(folder, root));
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
