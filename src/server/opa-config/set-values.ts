import { PolicyError } from "../../engine/index.ts";

/** A document that overrides are put into. */
export type Tree = { [key: string]: unknown };

type Step = string | number;

/**
 * Puts `a.b=1,c[0].d=x` into a document, in the syntax of `--set`: commas
 * between, dots and indices lead on, a backslash escapes, braces are a list.
 * `toValue` makes the value of a text.
 */
export function setValues(
  document: Tree,
  text: string,
  toValue: (text: string) => unknown = scalar,
): void {
  for (const assignment of split(text, ",")) {
    const equals = find(assignment, "=");
    if (equals < 0) {
      throw fault(`key "${assignment}" has no value`);
    }
    const path = readPath(assignment.slice(0, equals));
    const value = assignment.slice(equals + 1);
    const isList = value.startsWith("{") && value.endsWith("}");
    put(
      document,
      path,
      isList
        ? split(value.slice(1, -1), ",").map((one) => toValue(unescaped(one)))
        : toValue(unescaped(value)),
    );
  }
}

/** As YAML has it, but for fractions, which stay texts. */
function scalar(text: string): unknown {
  switch (text) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    default:
      return /^(?:0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
  }
}

function readPath(text: string): readonly Step[] {
  return split(text, ".").flatMap((part): Step[] => {
    const [, name = "", indices = ""] =
      /^((?:\\.|[^\\[])*)((?:\[\d+\])*)$/s.exec(part) ?? [];
    if (name === "" && indices === "") {
      throw fault(`key "${text}" cannot be read`);
    }
    const steps = [...indices.matchAll(/\[(\d+)\]/g)].map(([, index]) =>
      Number(index),
    );
    return [unescaped(name), ...steps];
  });
}

function put(
  holder: Tree | unknown[],
  [step, ...rest]: readonly Step[],
  value: unknown,
): void {
  const key = step as string;
  const members = holder as Tree;
  if (typeof step === "number" && step > maxIndex) {
    throw fault(`index of ${step} is greater than maximum supported index`);
  }
  if (rest.length === 0) {
    members[key] = value;
    return;
  }
  const isList = typeof rest[0] === "number";
  const child: unknown = members[key];
  const fits = isList ? Array.isArray(child) : isTree(child);
  const inner = fits ? (child as Tree | unknown[]) : isList ? [] : {};
  members[key] = inner;
  put(inner, rest, value);
}

const maxIndex = 65_536;

function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The parts between a mark that is neither escaped nor in braces. */
function split(text: string, mark: string): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const at = find(rest, mark);
    if (at < 0) {
      return rest === "" && parts.length > 0 ? parts : [...parts, rest];
    }
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
}

function find(text: string, mark: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "\\") {
      at += 1;
    } else if (character === mark && depth === 0) {
      return at;
    } else if (character === "{") {
      depth += 1;
    } else if (character === "}") {
      depth -= 1;
    }
  }
  return -1;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

function fault(message: string): PolicyError {
  return new PolicyError("server_config_error", message);
}

/** The base document with the overrides over it: objects are merged, all else is replaced. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = merged[key];
    merged[key] =
      isTree(known) && isTree(value) ? mergeTrees(known, value) : value;
  }
  return merged;
}
