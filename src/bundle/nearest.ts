/** The candidate most like `word`, or undefined when none is close. */
export function nearest(
  word: string,
  candidates: readonly string[],
): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // Half the word wrong is no longer a slip of the finger.
  return best && best.distance <= Math.max(1, word.length / 2)
    ? best.candidate
    : undefined;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const substitute = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(
        Math.min(substitute, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
