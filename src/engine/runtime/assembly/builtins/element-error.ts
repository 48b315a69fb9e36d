import { operandError, typeName } from "../builtin-error";
import { Value } from "../value";

/** An element of a collection has the wrong type. */
export function elementErrorText(operand: i32, want: string, got: Value): Value {
  const name = typeName(got);
  if (want == "number") {
    if (name == "string") return operandError(operand, "array of numbers but got array containing string");
    if (name == "null") return operandError(operand, "array of numbers but got array containing null");
    if (name == "boolean") return operandError(operand, "array of numbers but got array containing boolean");
    return operandError(operand, "array of numbers but got array containing composite");
  }
  if (name == "number") return operandError(operand, "array of strings but got array containing number");
  if (name == "null") return operandError(operand, "array of strings but got array containing null");
  return operandError(operand, "array of strings but got array containing another type");
}
