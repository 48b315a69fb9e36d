/**
 * A path as part of a function's name: `.a.b`. A name that has a dot or a quote
 * itself is quoted, so that no two paths have one name.
 */
export function dotted(path: readonly string[]): string {
  return path
    .map((name) =>
      /[."]/.test(name) ? `.${JSON.stringify(name)}` : `.${name}`,
    )
    .join("");
}
