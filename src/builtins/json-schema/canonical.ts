import {
  isArray,
  isNumber,
  numberText,
  RegoObject,
  RegoSet,
  toGoJson,
  type Value,
} from "../../engine/builtins/index.ts";
import { goFloatText } from "../go/float.ts";

/** JSON as Go writes it once numbers have gone through float64, so that equal values have one text. */
export function canonical(value: Value): string {
  if (isNumber(value)) {
    return goFloatText(Number(numberText(value)));
  }
  if (isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (value instanceof RegoSet) {
    return canonical(value.items);
  }
  if (value instanceof RegoObject) {
    const members = value.entries.map(
      ([key, member]) => `${canonical(key)}:${canonical(member)}`,
    );
    return `{${members.join(",")}}`;
  }
  return toGoJson(value);
}
