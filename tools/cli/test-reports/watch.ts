import { exitCode } from "../command.ts";
import { followPaths } from "../follow-paths.ts";
import { printError } from "../output.ts";

/**
 * Runs `run` after each change below the paths, until the process is stopped.
 * A signal is heard between runs alone: during one it ends the process, for a
 * thread that evaluates hears nothing.
 */
export async function watchPaths(
  paths: readonly string[],
  run: () => Promise<number>,
): Promise<number> {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const wait = (): void => {
    console.log(`${"*".repeat(80)}\nWatching for changes ...`);
    process.once("SIGINT", end);
    process.once("SIGTERM", end);
  };
  const following = followPaths(paths, async () => {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
    try {
      await run();
    } catch (error) {
      printError(error);
    }
    wait();
  });
  wait();
  await ended;
  await following.close();
  return exitCode.fine;
}
