import { watch } from "chokidar";
import { exitCode } from "../command.ts";
import { printError } from "../output.ts";

// Editors write a file in several steps.
const quietMs = 100;

/** Runs `run` after each change below the paths, until the process is stopped. */
export async function watchPaths(
  paths: readonly string[],
  run: () => Promise<number>,
): Promise<number> {
  const watcher = watch([...paths], { ignoreInitial: true });
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const again = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      printError(error);
    }
    announce();
  };
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(again);
    }, quietMs);
  });
  announce();
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  clearTimeout(timer);
  await watcher.close();
  await running;
  return exitCode.fine;
}

function announce(): void {
  console.log(`${"*".repeat(80)}\nWatching for changes ...`);
}
