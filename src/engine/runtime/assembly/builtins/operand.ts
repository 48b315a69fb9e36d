import { operandError, typeError } from "../builtin-error";
import {
  TYPE_ARRAY,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  Value,
} from "../value";

// Operand checks: true when the operand fits, else the error is recorded.

export function wantString(v: Value, operand: i32): bool {
  if (typeOf(v) == TYPE_STRING) return true;
  typeError(operand, "string", v);
  return false;
}

export function wantNumber(v: Value, operand: i32): bool {
  if (typeOf(v) == TYPE_NUMBER) return true;
  typeError(operand, "number", v);
  return false;
}

export function wantArray(v: Value, operand: i32): bool {
  if (typeOf(v) == TYPE_ARRAY) return true;
  typeError(operand, "array", v);
  return false;
}

export function wantObject(v: Value, operand: i32): bool {
  if (typeOf(v) == TYPE_OBJECT) return true;
  typeError(operand, "object", v);
  return false;
}

export function wantSet(v: Value, operand: i32): bool {
  if (typeOf(v) == TYPE_SET) return true;
  typeError(operand, "set", v);
  return false;
}

/** The same where OPA names the set first. */
export function wantSetOrArray(v: Value, operand: i32): bool {
  const type = typeOf(v);
  if (type == TYPE_ARRAY || type == TYPE_SET) return true;
  typeError(operand, "one of {set, array}", v);
  return false;
}

/** An array or set, as OPA words it when it takes either. */
export function wantList(v: Value, operand: i32): bool {
  const type = typeOf(v);
  if (type == TYPE_ARRAY || type == TYPE_SET) return true;
  typeError(operand, "one of {array, set}", v);
  return false;
}

/** An integer of any size. */
export function wantWhole(v: Value, operand: i32): bool {
  if (typeOf(v) != TYPE_NUMBER) {
    typeError(operand, "integer", v);
    return false;
  }
  if (isInteger(v)) return true;
  operandError(operand, "integer number but got floating-point number");
  return false;
}

/** An integer that fits 64 bits, written as one. */
export function wantInteger(v: Value, operand: i32): bool {
  if (!wantNumber(v, operand)) return false;
  if (fitsInt(v)) return true;
  operandError(operand, "integer number but got floating-point number");
  return false;
}

import { fitsInt, isInteger } from "../number";
