import { failWith, typeName } from "../builtin-error";
import { Value } from "../value";
import { textAscii, textBegin, textFinish, textInteger } from "./text";

/** An element of a collection has the wrong type. */
export function elementError(operand: u32, want: string, collection: Value, got: Value): Value {
  textBegin();
  textAscii("operand ");
  textInteger(operand);
  textAscii(" must be ");
  textAscii(typeName(collection));
  textAscii(" of ");
  textAscii(want);
  textAscii("s but got ");
  textAscii(typeName(collection));
  textAscii(" containing ");
  textAscii(typeName(got));
  return failWith(textFinish(), true);
}
