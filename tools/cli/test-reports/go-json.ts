/** JSON with two spaces of indent and Go's escapes of HTML. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2).replace(
    /[<>&\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${text}\n`;
}
