import {
  BuiltinError,
  isArray,
  isNumber,
  jsonMembers,
  numberText,
  RegoObject,
  RegoSet,
  type Value,
} from "../../engine/builtins/index.ts";

/** A number of the data, which Go keeps as text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What a template computes with: an integer is a bigint, a float a number, a
 * map is sorted by key, undefined is a member that is not there.
 */
export type Data =
  | undefined
  | null
  | boolean
  | string
  | bigint
  | number
  | JsonNumber
  | readonly Data[]
  | ReadonlyMap<string, Data>;

/** What the JSON of a value is to a template. */
export function toData(value: Value): Data {
  if (isNumber(value)) {
    return new JsonNumber(numberText(value));
  }
  if (value instanceof RegoSet) {
    return value.items.map(toData);
  }
  if (isArray(value)) {
    return value.map(toData);
  }
  if (value instanceof RegoObject) {
    return new Map(
      jsonMembers(value).map(([key, member]) => [key, toData(member)]),
    );
  }
  return value;
}

export function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data);
}

/** Go's type of a value. */
export function typeOf(data: Data): string {
  if (data instanceof JsonNumber) {
    return "json.Number";
  }
  if (data instanceof Map) {
    return "map[string]interface {}";
  }
  if (isList(data)) {
    return "[]interface {}";
  }
  switch (typeof data) {
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    default:
      return data === null || data === undefined ? "<nil>" : "string";
  }
}

/** Whether `if` takes it for true. */
export function isTrue(data: Data): boolean {
  if (data instanceof JsonNumber) {
    return data.text !== "";
  }
  if (data instanceof Map) {
    return data.size > 0;
  }
  return isList(data) ? data.length > 0 : Boolean(data);
}

export function fail(text: string): never {
  throw new BuiltinError(text);
}
