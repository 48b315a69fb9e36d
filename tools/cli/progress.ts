import { formatDuration } from "./go-text.ts";
import { isProgressWanted } from "./progress-wanted.ts";

/** A line of progress on a terminal; elsewhere nothing. */
export type Progress = {
  /** How far a long work has come, and what it has found. */
  show(done: number, found: string): void;
  /** Takes the line away. */
  end(): void;
};

// Often enough to be alive, seldom enough to cost nothing.
const everyMs = 200;

const barWidth = 24;

/** Progress towards `total`, where it is wanted; undefined where nobody knows the total. */
export function showProgress(
  total: number | undefined,
  stream: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): Progress {
  if (!isProgressWanted(stream, env)) {
    return { show: () => {}, end: () => {} };
  }
  const start = performance.now();
  let shown = Number.NEGATIVE_INFINITY;
  return {
    show: (done, found) => {
      const now = performance.now();
      if (now - shown < everyMs) {
        return;
      }
      shown = now;
      const left =
        total === undefined ? "" : remaining(done / total, now - start);
      stream.write(`\r${bar(done, total)} ${found}${left}\x1b[K`);
    },
    end: () => {
      stream.write("\r\x1b[K");
    },
  };
}

function bar(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) {
    return `${(done / 1e6).toFixed(1)} MB`;
  }
  const share = Math.min(done / total, 1);
  const full = Math.floor(share * barWidth);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `[${"█".repeat(full)}${"░".repeat(barWidth - full)}] ${percent} %`;
}

function remaining(share: number, elapsedMs: number): string {
  if (share < 0.01) {
    return "";
  }
  const seconds = Math.round((elapsedMs / share - elapsedMs) / 1_000);
  return `, ${formatDuration(seconds * 1_000)} left`;
}
