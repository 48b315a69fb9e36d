/** Which cases are known to fail, and why; keys are notes or `/patterns/`. */
export type KnownFailures = {
  /** The reason listed for a note, or undefined. */
  reason(note: string): string | undefined;
};

/** Reads `{ "note or /pattern/": "reason" }`. */
export function createKnownFailures(
  listed: Readonly<Record<string, string>>,
): KnownFailures {
  const exact = new Map<string, string>();
  const patterns: { readonly pattern: RegExp; readonly reason: string }[] = [];
  for (const [key, reason] of Object.entries(listed)) {
    const inner = /^\/(.+)\/$/.exec(key)?.[1];
    if (inner === undefined) {
      exact.set(key, reason);
    } else {
      patterns.push({ pattern: new RegExp(inner, "u"), reason });
    }
  }
  return {
    reason: (note) =>
      exact.get(note) ??
      patterns.find(({ pattern }) => pattern.test(note))?.reason,
  };
}
