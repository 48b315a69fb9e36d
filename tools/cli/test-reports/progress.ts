import type { TestOutcome } from "../../../src/engine/index.ts";
import { isProgressWanted } from "../progress-wanted.ts";

/** Where progress is shown: a terminal or something else. */
type Stream = {
  readonly isTTY?: boolean;
  write(text: string): unknown;
};

export type Progress = {
  /** One more test has ended. */
  add(outcome: TestOutcome): void;
  /** Takes the line away, so that something else can be written. */
  clear(): void;
};

// The terminal's: to the beginning of the line, which is then empty.
const emptyLine = "\r\x1b[2K";

// As often as eyes follow.
const intervalMs = 100;

const nothing: Progress = { add: () => {}, clear: () => {} };

/** A line that says how far the tests are, where it is wanted. */
export function createProgress(
  total: number,
  stream: Stream,
  env: NodeJS.ProcessEnv,
  now: () => number = () => performance.now(),
): Progress {
  return isProgressWanted(stream, env)
    ? new ProgressLine(total, stream, now)
    : nothing;
}

class ProgressLine implements Progress {
  private readonly total: number;
  private readonly stream: Stream;
  private done = 0;
  private bad = 0;
  private readonly now: () => number;
  private shownAt: number;
  private isShown = false;

  constructor(total: number, stream: Stream, now: () => number) {
    this.total = total;
    this.stream = stream;
    this.now = now;
    this.shownAt = now();
  }

  add({ status }: TestOutcome): void {
    this.done += 1;
    this.bad += status === "fail" || status === "error" ? 1 : 0;
    const now = this.now();
    if (this.done < this.total && now - this.shownAt >= intervalMs) {
      this.shownAt = now;
      this.isShown = true;
      const failed = this.bad > 0 ? `, ${this.bad} failed` : "";
      this.stream.write(`${emptyLine}${this.done}/${this.total}${failed}`);
    }
  }

  clear(): void {
    if (this.isShown) {
      this.isShown = false;
      this.stream.write(emptyLine);
    }
  }
}
