import { faultyLine, type PolicyError } from "../../../src/engine/index.ts";

type Texts = Readonly<Record<string, string>>;

/** An error as OPA prints it in reports: `file:row: code: text`. */
export function errorText(error: PolicyError, texts: Texts = {}): string {
  const { code, location, rawMessage, details } = error;
  const place = location ? `${placeOf(location)}: ` : "";
  const shown =
    details?.lines ?? (code === "rego_parse_error" ? frame(error, texts) : []);
  // What cannot be loaded has no code in OPA.
  const kind = code === "bundle_load_error" ? "" : `${code}: `;
  return [
    `${place}${kind}${rawMessage}`,
    ...shown.map((line) => `\t${line}`),
  ].join("\n");
}

/** A query has no file: it is named by row and column. */
function placeOf({ file, row, col }: NonNullable<PolicyError["location"]>) {
  return file === "" ? `${row}:${col}` : `${file}:${row}`;
}

/** The errors of one compilation as OPA prints them; `texts` are the files by name. */
export function errorsText(
  errors: readonly PolicyError[],
  texts: Texts,
): string {
  // Files that cannot be parsed are not loaded; all else is compiled.
  const when = errors.every(
    ({ code, location }) =>
      code === "rego_parse_error" && location?.file !== "",
  )
    ? "occurred during loading"
    : "occurred";
  return countedErrors(errors, texts, when);
}

/** How many errors there are, and each as OPA prints it. */
export function countedErrors(
  errors: readonly PolicyError[],
  texts: Texts,
  when: string,
): string {
  const [first] = errors;
  if (errors.length === 1 && first) {
    return `1 error ${when}: ${errorText(first, texts)}`;
  }
  const lines = errors.map((error) => errorText(error, texts)).join("\n");
  return `${errors.length} errors ${when}:\n${lines}`;
}

/** The line of a parse error without its leading tabs, and a caret below. */
function frame({ location }: PolicyError, texts: Texts): string[] {
  const text = location && texts[location.file];
  // A rule that does not fit has a place with a text of its own.
  if (!location || location.text !== undefined || text === undefined) {
    return [];
  }
  const { idx, line } = faultyLine(text, location);
  const shown = line.replace(/^\t+/, "");
  const tabs = line.length - shown.length;
  return [shown, `${" ".repeat(Math.max(0, idx - tabs))}^`];
}
