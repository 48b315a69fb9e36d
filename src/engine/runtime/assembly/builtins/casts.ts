import { typeError } from "../builtin-error";
import { newSet, setAdd } from "../set";
import {
  arrayAppend,
  arrayAt,
  count,
  FALSE,
  newArray,
  NULL,
  TRUE,
  TYPE_ARRAY,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantString } from "./operand";

// Deprecated since OPA 0.13, and what only says that it was there.

export function builtin_cast_array(v: Value): Value {
  if (typeOf(v) == TYPE_ARRAY) return v;
  if (typeOf(v) != TYPE_SET) return typeError(1, "one of {array, set}", v);
  const list = newArray(count(v));
  for (let i: u32 = 0; i < count(v); i++) arrayAppend(list, arrayAt(v, i));
  return list;
}

export function builtin_cast_set(v: Value): Value {
  if (typeOf(v) == TYPE_SET) return v;
  if (typeOf(v) != TYPE_ARRAY) return typeError(1, "one of {array, set}", v);
  const set = newSet(0);
  for (let i: u32 = 0; i < count(v); i++) setAdd(set, arrayAt(v, i));
  return set;
}

export function builtin_cast_object(v: Value): Value {
  return typeOf(v) == TYPE_OBJECT ? v : typeError(1, "object", v);
}
export function builtin_cast_null(v: Value): Value {
  return v == NULL ? v : typeError(1, "null", v);
}
export function builtin_cast_boolean(v: Value): Value {
  return v == TRUE || v == FALSE ? v : typeError(1, "boolean", v);
}
export function builtin_cast_string(v: Value): Value {
  return typeOf(v) == TYPE_STRING ? v : typeError(1, "string", v);
}

/** A note for OPA's tracer; this engine keeps none of them. */
export function builtin_trace(note: Value): Value {
  return wantString(note, 1) ? TRUE : UNDEFINED;
}
