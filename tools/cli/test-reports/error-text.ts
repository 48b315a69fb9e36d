import type { PolicyError } from "../../../src/engine/index.ts";

/** An error as OPA prints it in reports: `file:row: code: text`. */
export function errorText(error: PolicyError): string {
  const { code, location, rawMessage, details } = error;
  const place = location ? `${location.file}:${location.row}: ` : "";
  return [
    `${place}${code}: ${rawMessage}`,
    ...details.map((line) => `\t${line}`),
  ].join("\n");
}

/** The errors of one compilation as OPA prints them. */
export function errorsText(errors: readonly PolicyError[]): string {
  const [first] = errors;
  if (errors.length === 1 && first) {
    return `1 error occurred: ${errorText(first)}`;
  }
  const lines = errors.map(errorText).join("\n");
  return `${errors.length} errors occurred:\n${lines}`;
}
