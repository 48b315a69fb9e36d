/**
 * A matcher of `file_rego_versions`: `*` and `**` stand for any text, as they
 * do in OPA, where these patterns know no separators; `?`, `[a-z]`, `[!a]`,
 * `{a,b}` and `\` as usual.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${pattern.replace(part, toSource)}$`, "su");
  return (path) => expression.test(path);
}

const part = /\\.|\[[^\]]*\]|\{[^{}]*\}|\*+|[^\w/]/gsu;

function toSource(found: string): string {
  if (found.startsWith("*")) {
    return ".*";
  }
  if (found === "?") {
    return ".";
  }
  if (found.length > 1 && found.startsWith("[")) {
    return found.replace("[!", "[^");
  }
  if (found.length > 1 && found.startsWith("{")) {
    const choices = found.slice(1, -1).split(",");
    return `(?:${choices.map((one) => one.replace(part, toSource)).join("|")})`;
  }
  return literal(found.at(-1) ?? "");
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
