import type { LogLine } from "./foreign-guard.ts";

const mostLines = 256;
const longestLine = 4_096;

/** What a guard writes in one call; what goes beyond the limits is left out. */
export class GuardLog {
  private lines: LogLine[] = [];

  write(level: number, text: string): void {
    if (this.lines.length < mostLines) {
      this.lines.push({ level, text });
    }
  }

  /** The lines since the last call, which begins anew. */
  take(): readonly LogLine[] {
    const { lines } = this;
    this.lines = [];
    return lines;
  }
}

/** How many bytes of a line are kept. */
export function lineLength(length: number): number {
  return Math.min(length >>> 0, longestLine);
}
