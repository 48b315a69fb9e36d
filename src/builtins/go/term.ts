import {
  isArray,
  RegoObject,
  RegoSet,
  toRego,
  type Value,
} from "../../engine/builtins/index.ts";
import { goQuote } from "./quote.ts";

/** A value as OPA prints a term: texts are quoted as Go quotes them. */
export function termText(value: Value): string {
  if (typeof value === "string") {
    return goQuote(value);
  }
  if (isArray(value)) {
    return `[${value.map(termText).join(", ")}]`;
  }
  if (value instanceof RegoSet && value.items.length > 0) {
    return `{${value.items.map(termText).join(", ")}}`;
  }
  if (value instanceof RegoObject) {
    const members = value.entries.map(
      ([key, member]) => `${termText(key)}: ${termText(member)}`,
    );
    return `{${members.join(", ")}}`;
  }
  return toRego(value);
}
