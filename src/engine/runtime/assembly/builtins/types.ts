import { typeName } from "../builtin-error";
import {
  toBoolean,
  TYPE_ARRAY,
  TYPE_BOOLEAN,
  TYPE_NULL,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,

  typeOf,

  Value,
} from "../value";
import { asciiString } from "./text";

function isType(v: Value, type: u32): Value {
  return toBoolean(typeOf(v) == type);
}

export function builtin_is_null(v: Value): Value {
  return isType(v, TYPE_NULL);
}
export function builtin_is_boolean(v: Value): Value {
  return isType(v, TYPE_BOOLEAN);
}
export function builtin_is_number(v: Value): Value {
  return isType(v, TYPE_NUMBER);
}
export function builtin_is_string(v: Value): Value {
  return isType(v, TYPE_STRING);
}
export function builtin_is_array(v: Value): Value {
  return isType(v, TYPE_ARRAY);
}
export function builtin_is_object(v: Value): Value {
  return isType(v, TYPE_OBJECT);
}
export function builtin_is_set(v: Value): Value {
  return isType(v, TYPE_SET);
}
export function builtin_type_name(v: Value): Value {
  return asciiString(typeName(v));
}
