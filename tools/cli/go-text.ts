/** Go's way to print a duration: `1.379453ms`, `303.125µs`, `1m2.5s`. */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds < 1e3) {
    return nanoseconds === 0 ? "0s" : `${nanoseconds}ns`;
  }
  if (nanoseconds < 1e6) {
    return `${trim(nanoseconds / 1e3, 3)}µs`;
  }
  if (nanoseconds < 1e9) {
    return `${trim(nanoseconds / 1e6, 6)}ms`;
  }
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${trim((nanoseconds - minutes * 60e9) / 1e9, 9)}s`;
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes % 60}m` : ""}${seconds}`;
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** A number with a fraction as Go's `%v` prints it: from a million on with an exponent. */
export function goFloat(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-4 && size < 1e6)
    ? String(value)
    : value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration as Go writes it; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") {
    return 0;
  }
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy)];
  const read = parts.reduce((sum, [part]) => sum + part.length, 0);
  if (rest === "" || read !== rest.length) {
    return undefined;
  }
  const total = parts.reduce(
    (sum, [, number, unit = ""]) =>
      sum + Number(number) * (unitMs[unit] as number),
    0,
  );
  return sign === "-" ? -total : total;
}
