import { isArray, RegoObject, type Value } from "../../engine/index.ts";

/** A change of data that cannot be made, in OPA's words. */
export class DataFault extends Error {
  readonly kind: "not_found" | "conflict" | "invalid";

  constructor(kind: DataFault["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

const codes = {
  not_found: "storage_not_found_error",
  conflict: "storage_write_conflict_error",
  invalid: "storage_invalid_patch_error",
} as const;

function fault(kind: DataFault["kind"], message: string): DataFault {
  return new DataFault(kind, `${codes[kind]}: ${message}`);
}

const missing = () => fault("not_found", "document does not exist");

export type DataOperation = {
  readonly op: "add" | "remove" | "replace";
  readonly path: readonly string[];
  readonly value: Value;
};

/** The value at a path of data; undefined where there is none. */
export function readData(
  data: Value,
  path: readonly string[],
): Value | undefined {
  return path.reduce<Value | undefined>(childOf, data);
}

function childOf(value: Value | undefined, key: string): Value | undefined {
  if (value instanceof RegoObject) {
    return value.get(key);
  }
  return value !== undefined && isArray(value) && /^(0|[1-9]\d*)$/.test(key)
    ? value[Number(key)]
    : undefined;
}

/** Data with objects made where the path to a document is missing. */
export function makeDirectories(
  data: RegoObject,
  path: readonly string[],
): RegoObject {
  for (let length = 1; length <= path.length; length += 1) {
    const part = path.slice(0, length);
    const found = readData(data, part);
    if (found === undefined) {
      const empty = RegoObject.of([]);
      return makeDirectories(
        changeData(data, { op: "add", path: part, value: empty }),
        path,
      );
    }
    if (!(found instanceof RegoObject)) {
      throw fault("conflict", `/${part.join("/")}`);
    }
  }
  return data;
}

/** Data after one operation; throws a DataFault for one that cannot be done. */
export function changeData(
  data: RegoObject,
  operation: DataOperation,
): RegoObject {
  const { op, path, value } = operation;
  if (path.length > 0) {
    return changeAt(data, path, operation) as RegoObject;
  }
  if (op === "remove") {
    throw fault("invalid", "root cannot be removed");
  }
  if (!(value instanceof RegoObject)) {
    throw fault("invalid", "root must be object");
  }
  return value;
}

function changeAt(
  holder: Value,
  [key = "", ...rest]: readonly string[],
  operation: DataOperation,
): Value {
  if (holder instanceof RegoObject) {
    return changeMember(holder, [key, ...rest], operation);
  }
  if (isArray(holder)) {
    return changeElement(holder, [key, ...rest], operation);
  }
  throw missing();
}

function changeMember(
  holder: RegoObject,
  [key = "", ...rest]: readonly string[],
  operation: DataOperation,
): Value {
  const child = holder.get(key);
  if (rest.length > 0) {
    if (child === undefined) {
      throw missing();
    }
    const changed = changeAt(child, rest, operation);
    return RegoObject.of([...holder.entries, [key, changed]]);
  }
  if (operation.op !== "add" && child === undefined) {
    throw missing();
  }
  return operation.op === "remove"
    ? RegoObject.of(holder.entries.filter(([name]) => name !== key))
    : RegoObject.of([...holder.entries, [key, operation.value]]);
}

function changeElement(
  holder: readonly Value[],
  [key = "", ...rest]: readonly string[],
  operation: DataOperation,
): Value {
  const { op, path, value } = operation;
  const isEnd = key === "-" || key === String(holder.length);
  if (rest.length === 0 && isEnd) {
    if (op !== "add") {
      throw fault("invalid", `/${path.join("/")}: invalid patch path`);
    }
    return [...holder, value];
  }
  const index = indexOf(key, holder, path);
  if (rest.length > 0) {
    return holder.with(
      index,
      changeAt(holder[index] as Value, rest, operation),
    );
  }
  switch (op) {
    case "add":
      return holder.toSpliced(index, 0, value);
    case "remove":
      return holder.toSpliced(index, 1);
    case "replace":
      return holder.with(index, value);
  }
}

function indexOf(
  key: string,
  holder: readonly Value[],
  path: readonly string[],
): number {
  const place = `/${path.join("/")}`;
  if (!/^-?\d+$/.test(key)) {
    throw fault("not_found", `${place}: array index must be integer`);
  }
  const index = Number(key);
  if (index < 0 || index >= holder.length) {
    throw fault("not_found", `${place}: array index out of range`);
  }
  return index;
}
