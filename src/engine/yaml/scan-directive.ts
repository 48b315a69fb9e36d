import type { Cursor } from "./cursor.ts";
import { scanTagHandle, scanTagUri } from "./scan-tag.ts";
import { type Mark, scanFault } from "./token.ts";

/** A `%YAML` or `%TAG` line: the version, or the handle and what it stands for. */
export type Directive =
  | { readonly kind: "version"; readonly value: string }
  | { readonly kind: "tag"; readonly handle: string; readonly prefix: string };

/** Reads a line that begins with `%`, as libyaml does. */
export function scanDirective(cursor: Cursor): Directive {
  const start = cursor.mark();
  cursor.skip();
  const name = cursor.readWhile(/[0-9A-Za-z_-]/);
  if (name === "") {
    throw fault("could not find expected directive name", start, cursor);
  }
  if (!cursor.isBlankOrEnd()) {
    throw fault("found unexpected non-alphabetical character", start, cursor);
  }
  const directive = scanValue(cursor, name, start);
  if (!cursor.skipRestOfLine()) {
    throw fault("did not find expected comment or line break", start, cursor);
  }
  return directive;
}

function scanValue(cursor: Cursor, name: string, start: Mark): Directive {
  cursor.readWhile(/[ \t]/);
  if (name === "YAML") {
    const major = scanVersionNumber(cursor, start);
    if (cursor.peek() !== ".") {
      const problem = "did not find expected digit or '.' character";
      throw fault(problem, start, cursor);
    }
    cursor.skip();
    const value = `${major}.${scanVersionNumber(cursor, start)}`;
    return { kind: "version", value };
  }
  if (name !== "TAG") {
    throw fault("found unknown directive name", start, cursor);
  }
  const handle = scanTagHandle(cursor, start, true);
  if (!cursor.isBlank()) {
    throw fault("did not find expected whitespace", start, cursor);
  }
  cursor.readWhile(/[ \t]/);
  const prefix = scanTagUri(cursor, start, "");
  if (!cursor.isBlankOrEnd()) {
    const problem = "did not find expected whitespace or line break";
    throw fault(problem, start, cursor);
  }
  return { kind: "tag", handle, prefix };
}

function scanVersionNumber(cursor: Cursor, start: Mark): number {
  const digits = cursor.readWhile(/[0-9]/);
  if (digits === "") {
    throw fault("did not find expected version number", start, cursor);
  }
  if (digits.length > 2) {
    throw fault("found extremely long version number", start, cursor);
  }
  return Number(digits);
}

function fault(problem: string, start: Mark, cursor: Cursor) {
  return scanFault(problem, start, cursor.mark());
}
