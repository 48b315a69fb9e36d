/** A window in milliseconds; `total` never refills. */
export type Window = number | "total";

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

// A year: longer windows are a slip, or `total` is meant.
const longest = 366 * 86_400_000;

/** Parses `60s`, `15m`, `24h`, `7d`, `500ms` or `total`; undefined for any other text. */
export function parseWindow(text: string): Window | undefined {
  if (text === "total") {
    return text;
  }
  const [, digits = "", unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const window = Number(digits) * (milliseconds[unit] ?? 0);
  return window > 0 && window <= longest ? window : undefined;
}
