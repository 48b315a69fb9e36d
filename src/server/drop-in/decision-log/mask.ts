import {
  jsonMembers,
  parseJson,
  RegoObject,
  toJson,
  type Value,
} from "../../../engine/index.ts";
import { escapeFault } from "../../ext-authz/go-text.ts";
import type { DecisionEvent } from "./decision-event.ts";

/** One change that `data.system.log.mask` asks for. */
type MaskRule = {
  readonly op: "remove" | "upsert";
  /** Escaped as in a URL, which is also how OPA looks them up. */
  readonly parts: readonly string[];
  readonly value: Value;
};

const maskable = ["input", "result", "nd_builtin_cache"];

/**
 * The event with what the rules say taken out or replaced, and in `erased` and
 * `masked` what was. Throws for rules that are none.
 */
export function maskEvent(event: DecisionEvent, rules: string): DecisionEvent {
  const documents = new Documents(event);
  const erased: string[] = [];
  const replaced: string[] = [];
  for (const rule of readRules(parseJson(rules))) {
    if (apply(documents, rule)) {
      const list = rule.op === "remove" ? erased : replaced;
      list.push(`/${rule.parts.join("/")}`);
    }
  }
  const masked = documents.event();
  if (erased.length > 0) {
    masked.set("erased", JSON.stringify(erased));
  }
  if (replaced.length > 0) {
    masked.set("masked", JSON.stringify(replaced));
  }
  return masked;
}

function readRules(value: Value): readonly MaskRule[] {
  if (!Array.isArray(value)) {
    throw new Error(`unexpected rule format ${toJson(value)}`);
  }
  return (value as readonly Value[]).map((one) => {
    if (typeof one === "string") {
      return toRule(one, "remove", null);
    }
    if (!(one instanceof RegoObject)) {
      throw new Error(`invalid mask rule format encountered: ${toJson(one)}`);
    }
    const [op, path] = [textOf(one, "op"), textOf(one, "path")];
    return toRule(path, op, one.get("value") ?? null);
  });
}

function textOf(object: RegoObject, name: string): string {
  const value = object.get(name);
  if (value !== undefined && (typeof value !== "string" || value === "")) {
    throw new Error(`invalid "${name}" value: ${toJson(value)}`);
  }
  return value ?? "";
}

function toRule(path: string, op: string, value: Value): MaskRule {
  if (path === "") {
    throw new Error("mask must be non-empty");
  }
  if (!path.startsWith("/")) {
    throw new Error("mask must be slash-prefixed");
  }
  const parts = path.slice(1).split("/");
  if (!maskable.includes(parts[0] ?? "")) {
    throw new Error(`mask prefix not allowed: ${parts[0]}`);
  }
  const fault = parts.map(escapeFault).find((one) => one !== undefined);
  if (fault !== undefined) {
    throw new Error(fault);
  }
  if (op !== "remove" && op !== "upsert") {
    throw new Error(`mask op is not supported: ${op}`);
  }
  return { op, parts: parts.map(escapeSegment), value };
}

/** As Go's `url.PathEscape`. */
function escapeSegment(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(24|26|2B|3A|3D|40)/g, (found) => decodeURIComponent(found))
    .replace(
      /[!'()*]/g,
      (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

/** The documents of an event, each parsed and written once however many rules change it. */
class Documents {
  readonly #event: Map<string, string>;
  readonly #parsed = new Map<string, Value>();
  readonly #changed = new Set<string>();

  constructor(event: DecisionEvent) {
    this.#event = new Map(event);
  }

  has(name: string): boolean {
    return this.#event.has(name);
  }

  get(name: string): Value {
    const known = this.#parsed.get(name);
    if (known !== undefined) {
      return known;
    }
    const parsed = parseJson(this.#event.get(name) ?? "null");
    this.#parsed.set(name, parsed);
    return parsed;
  }

  set(name: string, value: Value): void {
    this.#parsed.set(name, value);
    this.#changed.add(name);
  }

  delete(name: string): void {
    this.#event.delete(name);
    this.#changed.delete(name);
    this.#parsed.delete(name);
  }

  event(): Map<string, string> {
    for (const name of this.#changed) {
      this.#event.set(name, toJson(this.get(name)));
    }
    return this.#event;
  }
}

/** False where the event has nothing at the rule's path, or nothing that holds it. */
function apply(documents: Documents, { op, parts, value }: MaskRule): boolean {
  const [name = "", ...path] = parts;
  if (!documents.has(name)) {
    return false;
  }
  if (path.length === 0) {
    if (op === "remove") {
      documents.delete(name);
    } else {
      documents.set(name, value);
    }
    return true;
  }
  const root = documents.get(name);
  const changed =
    op === "remove"
      ? removeAt(root, path, true)
      : root instanceof RegoObject
        ? upsertAt(root, path, value)
        : undefined;
  if (changed === undefined) {
    return false;
  }
  documents.set(name, changed);
  return true;
}

/** The value without what is at the path; undefined where nothing is. */
function removeAt(
  value: Value,
  [key = "", ...rest]: readonly string[],
  isRoot: boolean,
): Value | undefined {
  const child = childOf(value, key);
  if (child === undefined) {
    return undefined;
  }
  if (rest.length > 0) {
    const changed = removeAt(child, rest, false);
    return changed === undefined ? undefined : withChild(value, key, changed);
  }
  if (value instanceof RegoObject) {
    return RegoObject.of(value.entries.filter(([name]) => name !== key));
  }
  // An element of the document itself has no holder to take it from.
  return isRoot
    ? undefined
    : (value as readonly Value[]).toSpliced(Number(key), 1);
}

/** The value with one put at the path; objects that are missing are made. */
function upsertAt(
  value: Value,
  [key = "", ...rest]: readonly string[],
  inserted: Value,
): Value | undefined {
  const child = childOf(value, key);
  if (child === undefined && !(value instanceof RegoObject)) {
    return undefined;
  }
  const changed =
    rest.length === 0
      ? inserted
      : upsertAt(child ?? RegoObject.of([]), rest, inserted);
  return changed === undefined ? undefined : withChild(value, key, changed);
}

function childOf(value: Value, key: string): Value | undefined {
  if (value instanceof RegoObject) {
    return new Map(jsonMembers(value)).get(key);
  }
  return Array.isArray(value) && /^\d+$/.test(key)
    ? (value as readonly Value[])[Number(key)]
    : undefined;
}

function withChild(value: Value, key: string, child: Value): Value {
  return value instanceof RegoObject
    ? RegoObject.of([...value.entries, [key, child]])
    : (value as readonly Value[]).with(Number(key), child);
}
