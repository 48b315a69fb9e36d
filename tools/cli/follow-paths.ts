import { watch } from "chokidar";

// Editors write a file in several steps.
const quietMs = 100;

/** What is done after each change, until it is closed. */
export type Following = {
  close(): Promise<void>;
};

/**
 * Does the work after each change below the paths, one time after the other:
 * what a later change asks for is never overtaken by an earlier one.
 */
export function followPaths(
  paths: readonly string[],
  work: () => Promise<void>,
): Following {
  const watcher = watch([...paths], { ignoreInitial: true });
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(work);
    }, quietMs);
  });
  return {
    close: () => {
      clearTimeout(timer);
      return watcher.close();
    },
  };
}
