/** Nanoseconds since a time of `performance.now()`. */
export function nanosecondsSince(start: number): number {
  return Math.round((performance.now() - start) * 1e6);
}
