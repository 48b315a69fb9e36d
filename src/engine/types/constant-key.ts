import type { ObjectTerm, Term } from "../syntax/ast.ts";
import { sortTerms } from "../syntax/compare-terms.ts";
import { type Json, writeJson } from "../syntax/json-text.ts";
import { printTerm } from "../syntax/print.ts";
import {
  booleanType,
  createArray,
  createObject,
  nullType,
  numberType,
  type PropertyKey,
  stringType,
  type Type,
} from "./type.ts";

/** A constant term as the key of a property; undefined when it is none. */
export function constantKey(term: Term): PropertyKey | undefined {
  const type = constantType(term);
  return type && { text: goText(term), type, term };
}

/** A constant as Go's `%v` writes the JSON value that OPA makes of it. */
function goText(term: Term): string {
  switch (term.kind) {
    case "null":
      return "<nil>";
    case "string":
      return term.value;
    case "array":
      return `[${term.value.map(goText).join(" ")}]`;
    case "set":
      return `[${sortTerms(term.value).map(goText).join(" ")}]`;
    case "object":
      return `map[${sortedMembers(term)
        .map(([name, value]) => `${name}:${goText(value)}`)
        .join(" ")}]`;
    default:
      return printTerm(term);
  }
}

/** A constant key as JSON: a set is an array, and members have names. */
export function keyJson({ term, text }: PropertyKey): Json {
  return term ? constantJson(term) : text;
}

function constantJson(term: Term): Json {
  switch (term.kind) {
    case "string":
    case "boolean":
      return term.value;
    case "number":
      return { number: term.value };
    case "array":
      return term.value.map(constantJson);
    case "set":
      return sortTerms(term.value).map(constantJson);
    case "object":
      return new Map(
        sortedMembers(term).map(([name, value]) => [name, constantJson(value)]),
      );
    default:
      return null;
  }
}

/** A constant key as the term that OPA makes of its JSON. */
export function keyTerm({ term, text }: PropertyKey): Term {
  return term ? jsonTerm(term) : { kind: "string", value: text, location };
}

const location = { file: "", row: 0, col: 0 };

function jsonTerm(term: Term): Term {
  switch (term.kind) {
    case "array":
      return { ...term, value: term.value.map(jsonTerm) };
    case "set":
      return {
        ...term,
        kind: "array",
        value: sortTerms(term.value).map(jsonTerm),
      };
    case "object":
      return {
        ...term,
        value: sortedMembers(term).map(([name, value]) => [
          { kind: "string", value: name, location },
          jsonTerm(value),
        ]),
      };
    default:
      return term;
  }
}

function sortedMembers({ value }: ObjectTerm): (readonly [string, Term])[] {
  return value
    .map(([key, member]) => [memberName(key), member] as const)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function memberName(key: Term): string {
  return key.kind === "string" ? key.value : writeJson(constantJson(key));
}

function constantType(term: Term): Type | undefined {
  switch (term.kind) {
    case "null":
      return nullType;
    case "boolean":
      return booleanType;
    case "number":
      return numberType;
    case "string":
      return stringType;
    case "array":
    case "set": {
      const items = term.value.map(constantType);
      return items.includes(undefined)
        ? undefined
        : createArray(items, undefined);
    }
    case "object": {
      const properties = term.value.map(([key, value]) => ({
        key: constantKey(key),
        value: constantType(value),
      }));
      return properties.every(({ key, value }) => key && value)
        ? createObject(
            properties.flatMap(({ key, value }) =>
              key ? [{ key, value }] : [],
            ),
            undefined,
          )
        : undefined;
    }
    default:
      return undefined;
  }
}
