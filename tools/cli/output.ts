import { readFileSync } from "node:fs";
import { styleText } from "node:util";
import { faultyLine, PolicyError } from "../../src/engine/index.ts";

/**
 * Prints an error with its code frame, where the place is a readable file. On a
 * terminal it says where its code is explained, in colour unless NO_COLOR is set.
 */
export function printError(error: unknown): void {
  const found = PolicyError.from(error);
  printFramed(found);
  explain([found]);
}

function printFramed(found: PolicyError): void {
  console.error(styled("bold", found.message));
  const frame = codeFrame(found);
  if (frame !== undefined) {
    console.error(frame);
  }
  for (const line of found.details?.lines ?? []) {
    console.error(`\t${line}`);
  }
}

function codeFrame({ code, location }: PolicyError): string | undefined {
  if (!location) {
    return undefined;
  }
  let text: string;
  try {
    text = readFileSync(location.file, "utf8");
  } catch {
    return undefined;
  }
  const line = text.split("\n")[location.row - 1] ?? "";
  if (line.trim() !== "") {
    return framed(line, location.col - 1);
  }
  // What is missed at the end of a text is shown where the text ends.
  const last = faultyLine(text, location);
  return code === "rego_parse_error" && last.line.trim() !== ""
    ? framed(last.line, last.idx)
    : undefined;
}

function framed(line: string, idx: number): string {
  // Tabs are kept so that the caret stands under the fault.
  const indent = line.slice(0, idx).replace(/[^\t]/g, " ");
  return `\t${line}\n\t${indent}${styled("red", "^")}`;
}

function styled(style: "bold" | "dim" | "red", text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

/** Prints the errors of one compilation, as OPA counts them. */
export function printErrors(errors: readonly PolicyError[]): void {
  const noun = errors.length === 1 ? "error" : "errors";
  console.error(`${errors.length} ${noun} occurred:`);
  for (const error of errors) {
    printFramed(error);
  }
  explain(errors);
}

/** A program that reads the errors has OPA's text alone. */
function explain(errors: readonly PolicyError[]): void {
  if (process.stderr.isTTY) {
    const codes = [...new Set(errors.map(({ code }) => code))];
    console.error(styled("dim", `docs/errors.md explains ${codes.join(", ")}`));
  }
}
