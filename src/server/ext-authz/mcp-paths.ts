/**
 * Compiles path globs (`*` is one segment or a part of it, `**` any number of
 * segments) into one test of a normalised path. Letter case and a trailing
 * slash do not matter: a server that ignores them must not turn an MCP call
 * into one that is not read as such.
 */
export function compilePathGlobs(
  globs: readonly string[],
): (path: string) => boolean {
  if (globs.length === 0) {
    return () => false;
  }
  const pattern = new RegExp(`^(?:${globs.map(toPattern).join("|")})/?$`, "i");
  return (path) => pattern.test(path);
}

function toPattern(glob: string): string {
  return glob
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) =>
      segment === "**" ? "(?:/[^/]+)*" : `/${segmentPattern(segment)}`,
    )
    .join("");
}

function segmentPattern(segment: string): string {
  return segment
    .split("*")
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("[^/]*");
}
