const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How a duration is written: a whole number and its unit. */
export const duration = {
  pattern: /^[1-9]\d{0,8}(ms|s|m|h|d)$/,
  expected: "a duration such as `90s`, `15m` or `12h`",
};

/** Its milliseconds; the text must have the pattern. */
export function toMilliseconds(text: string): number {
  const [, number = "0", unit = "ms"] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return Number(number) * units[unit as keyof typeof units];
}
