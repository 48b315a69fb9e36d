import { readdirSync, readFileSync } from "node:fs";
import type { Random } from "../support/random.ts";

/** A JSON value: what an example's operand is made of. */
type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

type Operands = readonly Json[];

const tables = new URL("../builtins/", import.meta.url);

/** Calls of host builtins from the tables of `test/builtins`, by builtin. */
const examples: ReadonlyMap<string, readonly Operands[]> = readExamples();

function readExamples(): Map<string, Operands[]> {
  const found = new Map<string, Operands[]>();
  for (const file of readdirSync(tables)) {
    if (!file.endsWith(".json")) {
      continue;
    }
    const calls: readonly { call: string; operands: Operands }[] = JSON.parse(
      readFileSync(new URL(file, tables), "utf8"),
    );
    for (const { call, operands } of calls) {
      found.set(call, [...(found.get(call) ?? []), operands]);
    }
  }
  return found;
}

/** Whether the tables know calls of the builtin. */
export function hasExamples(name: string): boolean {
  return examples.has(name);
}

/**
 * Operands of a call as the elements of a Rego array: an example's, with an
 * operand of another example in one's place or with faults in one.
 */
export function operandsLikeExamples(random: Random, name: string): string {
  const known = examples.get(name) ?? [];
  const operands = [...random.pick(known)];
  const at = random.below(operands.length);
  if (random.chance(0.4)) {
    const other = random.pick(known)[at];
    if (other !== undefined) {
      operands[at] = other;
    }
  }
  for (let faults = random.below(4); faults > 0; faults -= 1) {
    const which = random.below(operands.length);
    const operand = operands[which] ?? null;
    if (takesFaults(name, operand)) {
      operands[which] = withFault(random, operand);
    }
  }
  // OPA's parser takes no byte-order mark, but for one that is escaped.
  return JSON.stringify(operands).replaceAll("\ufeff", "\\ufeff");
}

/**
 * Faults in a private key make a key that is none, which Go tells by checks of
 * its own; those in the tree of a GraphQL document one that no parser makes.
 */
function takesFaults(name: string, operand: Json): boolean {
  const text = typeof operand === "string" ? operand : JSON.stringify(operand);
  const isKey = /PRIVATE KEY|"kty"/.test(text);
  return (
    !isKey && !(name.startsWith("graphql.") && typeof operand !== "string")
  );
}

/** The value with one of its parts changed, left out or put elsewhere. */
function withFault(random: Random, value: Json): Json {
  if (typeof value === "string") {
    return textWithFault(random, value);
  }
  if (typeof value === "number") {
    return random.pick([value + 1, -value, value / 2, 0, 1e21]);
  }
  if (typeof value !== "object" || value === null) {
    return random.pick<Json>([true, false, null, "", 0, [], {}]);
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return random.pick<Json>([null, "x", [value], { a: value }]);
  }
  const at = random.below(entries.length);
  const [key, part] = entries[at] ?? ["", null];
  const fault = random.below(5);
  if (fault === 0) {
    entries.splice(at, 1);
  } else if (fault === 1) {
    entries[at] = [key, random.pick(entries)[1]];
  } else {
    entries[at] = [key, withFault(random, part)];
  }
  return Array.isArray(value)
    ? entries.map(([, item]) => item)
    : Object.fromEntries(entries);
}

const characters = [..."aZ09 \n\t.,:;-_=+/\\\"'`{}[]()<>#&*!?@%$|é🙂"];

function textWithFault(random: Random, text: string): string {
  const points = [...text];
  const at = random.below(points.length + 1);
  const length = 1 + random.below(3);
  switch (random.below(5)) {
    case 0:
      points.splice(at, length);
      break;
    case 1:
      points.splice(at, 0, random.pick(characters));
      break;
    case 2:
      points.splice(at, 1, random.pick(characters));
      break;
    case 3:
      points.splice(at, 0, ...points.slice(at, at + 4 * length));
      break;
    default:
      return points.slice(0, at).join("");
  }
  return points.join("");
}
