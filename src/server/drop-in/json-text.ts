/** JSON text laid out with two blanks a level, as Go's encoder does. */
export function indentJson(text: string): string {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}[\],:]/g, (token) => {
    switch (token) {
      case "{":
      case "[":
        depth += 1;
        return token + line();
      case "}":
      case "]":
        depth -= 1;
        return line() + token;
      case ",":
        return token + line();
      case ":":
        return ": ";
      default:
        return token;
    }
  });
}

/** The same text, safe inside HTML, as Go writes it. */
export function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Timers and counters by name, sorted. */
export function metricsJson(metrics: ReadonlyMap<string, number>): string {
  const sorted = [...metrics].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

/** An object of members that are JSON texts; those that are undefined are left out. */
export function objectJson(
  members: readonly (readonly [string, string | undefined])[],
): string {
  const shown = members
    .filter(([, json]) => json !== undefined)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return `{${shown.join(",")}}`;
}
