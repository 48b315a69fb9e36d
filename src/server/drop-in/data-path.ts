/** The segments of `/a/b/0` or `a/b`; empty ones are dropped. */
export function splitPath(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/**
 * The query for the document at a path, as OPA makes it: a segment that is a
 * whole number is an index.
 */
export function pathQuery(segments: readonly string[]): string {
  const keys = segments.map((segment) =>
    isIndex(segment) ? `[${Number(segment)}]` : `[${JSON.stringify(segment)}]`,
  );
  return `data${keys.join("")}`;
}

/** Whether OPA reads a segment as a number. */
export function isIndex(segment: string): boolean {
  return /^[+-]?\d{1,15}$/.test(segment);
}

/** A path as OPA prints it: `data.a["b-c"][0]`. */
export function pathText(segments: readonly string[]): string {
  const keys = segments.map((segment) =>
    /^[A-Za-z_]\w*$/.test(segment)
      ? `.${segment}`
      : `[${isIndex(segment) ? Number(segment) : JSON.stringify(segment)}]`,
  );
  return `data${keys.join("")}`;
}

/** Whether a printed path is another one, or leads on from it. */
export function isBelow(path: string, other: string): boolean {
  return path.startsWith(other) && /^($|[.[])/.test(path.slice(other.length));
}
