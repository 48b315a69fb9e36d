/** How numbers are spread, by the names of OPA's histograms. */
export type Statistics = Readonly<Record<string, number>>;

const percentiles = [75, 90, 95, 99, 99.9, 99.99];

/** The spread of some numbers, in the order of the names. */
export function statisticsOf(numbers: readonly number[]): Statistics {
  const count = numbers.length;
  const sorted = numbers.toSorted((a, b) => a - b);
  const mean = numbers.reduce((sum, one) => sum + one, 0) / count;
  const squares = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return {
    ...Object.fromEntries(
      percentiles.map((percent) => [`${percent}%`, at(sorted, percent)]),
    ),
    count,
    max: sorted.at(-1) ?? 0,
    mean,
    median: at(sorted, 50),
    min: sorted[0] ?? 0,
    stddev: Math.sqrt(squares / count),
  };
}

/** Between the two numbers that are nearest, as OPA's histograms have it. */
function at(sorted: readonly number[], percent: number): number {
  const place = (percent / 100) * (sorted.length + 1);
  const below = Math.min(Math.max(Math.floor(place), 1), sorted.length);
  const lower = sorted[below - 1] ?? 0;
  const upper = sorted[below] ?? lower;
  const share = place < 1 || place >= sorted.length ? 0 : place - below;
  return lower + share * (upper - lower);
}
