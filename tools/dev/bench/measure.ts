import { readFileSync } from "node:fs";

// Linux counts in hundredths of a second for user space.
const tickMicroseconds = 10_000;

/** The fields of a process's `stat` from its state on. */
function readStat(pid: number | "self"): readonly number[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command name may hold spaces; the fields after it do not.
  return text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
}

/** CPU microseconds that a process has used so far, all its threads. */
export function processCpuMicroseconds(pid: number): number {
  const [user = 0, system = 0] = readStat(pid).slice(11);
  return (user + system) * tickMicroseconds;
}

/** CPU microseconds of this process's children that have ended. */
export function childrenCpuMicroseconds(): number {
  const [user = 0, system = 0] = readStat("self").slice(13);
  return (user + system) * tickMicroseconds;
}

/** CPU microseconds a call of `work`, the median of interleavable rounds. */
export function cpuPerCall(work: () => void, calls: number): number {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) {
    work();
  }
  const used = process.cpuUsage(start);
  return (used.user + used.system) / calls;
}

/** CPU microseconds a call of `work`, over at least so many milliseconds of CPU. */
export function cpuOverTime(work: () => void, milliseconds: number): number {
  const start = process.cpuUsage();
  let calls = 0;
  let used = 0;
  // The clock itself costs a microsecond: it is read less and less often.
  for (let batch = 1; used < milliseconds * 1_000; batch = grow(batch, used)) {
    for (let call = 0; call < batch; call += 1) {
      work();
    }
    calls += batch;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
  return used / calls;
}

function grow(batch: number, used: number): number {
  return used < 10_000 ? batch * 2 : batch;
}

/** Runs the sides in turn, several times, and gives each one's median. */
export function interleaved(
  sides: readonly (() => number)[],
  rounds: number,
): readonly number[] {
  const figures: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, side] of sides.entries()) {
      figures[index]?.push(side());
    }
  }
  return figures.map(median);
}

/** The value below which a part of them lies, as 0.99; all of them at 1. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
  return sorted[at] ?? Number.NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
