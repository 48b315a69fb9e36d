import { failWith, typeName } from "../builtin-error";
import { marshalText, termText } from "../json-dump";
import { objectKeyAt, objectLength, objectSort, objectValueAt } from "../object";
import { newString, stringLength, stringPtr, TRUE, TYPE_BOOLEAN, TYPE_STRING, typeOf, UNDEFINED, Value } from "../value";
import { wantObject } from "./operand";
import { textAscii, textBegin, textByte, textFinish, textInteger, textValue } from "./text";

export function builtin_json_marshal(v: Value): Value {
  return marshalText(v);
}

let prefix: Value = UNDEFINED;
let indent: Value = UNDEFINED;
let pretty: bool = false;

export function builtin_json_marshal_with_options(v: Value, options: Value): Value {
  if (!wantObject(options, 2)) return UNDEFINED;
  if (!readOptions(options)) return UNDEFINED;
  const compact = marshalText(v);
  return pretty ? indented(compact) : compact;
}

function isName(text: Value, name: string): bool {
  if (stringLength(text) != <u32>name.length) return false;
  for (let i = 0; i < name.length; i++) if (<i32>load<u8>(stringPtr(text) + i) != name.charCodeAt(i)) return false;
  return true;
}

function readOptions(options: Value): bool {
  textBegin();
  textByte(9);
  indent = textFinish();
  prefix = newString(stringPtr(indent), 0);
  pretty = false;
  let told = false;
  let implied = false;
  objectSort(options);
  for (let i: u32 = 0; i < objectLength(options); i++) {
    const key = objectKeyAt(options, i);
    const value = objectValueAt(options, i);
    if (typeOf(key) != TYPE_STRING) return badKey(key, i);
    if (isName(key, "prefix") || isName(key, "indent")) {
      if (typeOf(value) != TYPE_STRING) return badText(key, value, i);
      if (isName(key, "prefix")) prefix = value;
      else indent = value;
      implied = true;
    } else if (isName(key, "pretty")) {
      if (typeOf(value) != TYPE_BOOLEAN) return badOption("key ", key, " failed cast to bool");
      told = true;
      pretty = value == TRUE;
    } else return badOption("object contained unknown key ", key, "");
  }
  if (!told) pretty = implied;
  return true;
}

function badOption(start: string, key: Value, end: string): bool {
  const name = termText(key);
  textBegin();
  textAscii("operand 2 ");
  textAscii(start);
  textValue(name);
  textAscii(end);
  failWith(textFinish(), true);
  return false;
}

// OPA's words count the option, from zero, as if it were an operand.
function notString(i: u32, got: Value): void {
  textAscii("operand ");
  textInteger(i);
  textAscii(" must be string but got ");
  textAscii(typeName(got));
}

function badKey(key: Value, i: u32): bool {
  const name = termText(key);
  textBegin();
  textAscii("operand 2 failed to stringify key ");
  textValue(name);
  textAscii(" at index ");
  textInteger(i);
  textAscii(": ");
  notString(i, key);
  failWith(textFinish(), true);
  return false;
}

function badText(key: Value, value: Value, i: u32): bool {
  const name = termText(key);
  textBegin();
  textAscii("operand 2 key ");
  textValue(name);
  textAscii(" failed cast to string: ");
  notString(i, value);
  failWith(textFinish(), true);
  return false;
}

function lineBreak(depth: u32): void {
  textByte(10);
  textValue(prefix);
  for (let i: u32 = 0; i < depth; i++) textValue(indent);
}

/** Compact JSON laid out in lines, as Go's json.Indent does; the first line gets the prefix too. */
function indented(compact: Value): Value {
  const ptr = stringPtr(compact);
  const n = stringLength(compact);
  let depth: u32 = 0;
  let quoted = false;
  textBegin();
  textValue(prefix);
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (quoted) {
      textByte(c);
      if (c == 92) textByte(load<u8>(ptr + ++i));
      else if (c == 34) quoted = false;
    } else if (c == 34) {
      quoted = true;
      textByte(c);
    } else if (c == 91 || c == 123) {
      textByte(c);
      if (load<u8>(ptr + i + 1) == c + 2) textByte(load<u8>(ptr + ++i));
      else lineBreak(++depth);
    } else if (c == 93 || c == 125) {
      lineBreak(--depth);
      textByte(c);
    } else {
      textByte(c);
      if (c == 44) lineBreak(depth);
      else if (c == 58) textByte(32);
    }
  }
  return textFinish();
}
