import type { Term } from "../syntax/ast.ts";
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
  return (
    type && {
      text: term.kind === "string" ? term.value : printTerm(term),
      type,
    }
  );
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
