import { type ErrorCode, PolicyError } from "../engine/index.ts";
import { nearest } from "./nearest.ts";
import {
  type Path,
  type PositionedYaml,
  parsePositionedYaml,
} from "./positioned-yaml.ts";
import type { Group, Setting } from "./setting.ts";

/** Which text is read, and which code its faults have. */
export type SettingsSource = {
  readonly text: string;
  readonly file: string;
  readonly code: ErrorCode;
};

/**
 * Reads a YAML file by its table: checks every key, fills in defaults. The
 * first fault is thrown with its place; an unknown key names the nearest known.
 */
export function readSettings<T>(shape: Group<T>, source: SettingsSource): T {
  return readPlacedSettings(shape, source).settings;
}

/** The same with the places that the settings stand at. */
export function readPlacedSettings<T>(
  shape: Group<T>,
  source: SettingsSource,
): { readonly settings: T; readonly locate: PositionedYaml["locate"] } {
  try {
    const yaml = parsePositionedYaml(source.text, source.file);
    const reader = new SettingsReader(yaml, source.code);
    const settings = reader.readGroup(shape, yaml.value, []) as T;
    return { settings, locate: (path) => yaml.locate(path) };
  } catch (error) {
    const fault = PolicyError.from(error);
    throw fault.code === "bundle_load_error"
      ? new PolicyError(source.code, fault.rawMessage, {
          location: fault.location,
          cause: fault,
        })
      : fault;
  }
}

class SettingsReader {
  readonly #yaml: PositionedYaml;
  readonly #code: ErrorCode;

  constructor(yaml: PositionedYaml, code: ErrorCode) {
    this.#yaml = yaml;
    this.#code = code;
  }

  readGroup(shape: Group, value: unknown, path: Path): unknown {
    const given = this.#expectMapping(value ?? {}, path);
    const members = shape.members as Readonly<Record<string, Setting | Group>>;
    const known = Object.keys(members);
    for (const key of Object.keys(given)) {
      if (!known.includes(key)) {
        throw this.#fault(`unknown key \`${key}\`${hint(key, known)}`, [
          ...path,
          key,
        ]);
      }
    }
    const settled = known.map((key) => [
      key,
      this.#readMember(members[key] as Setting | Group, ownValue(given, key), [
        ...path,
        key,
      ]),
    ]);
    return Object.fromEntries(settled);
  }

  #readMember(shape: Setting | Group, value: unknown, path: Path): unknown {
    if (value === undefined && shape.optional) {
      return undefined;
    }
    if (value === undefined && shape.kind !== "group") {
      if ("fallback" in shape) {
        return shape.fallback;
      }
      throw this.#fault(`\`${path.at(-1)}\` is required`, path);
    }
    switch (shape.kind) {
      case "group":
        return this.readGroup(shape, value, path);
      case "text":
        return this.#readText(shape, value, path);
      case "whole":
        return this.#readWhole(shape, value, path);
      case "flag":
        return this.#expect(
          typeof value === "boolean",
          value,
          "true or false",
          path,
        );
      case "choice":
        return this.#readChoice(shape, value, path);
      case "list":
        return this.#readList(shape, value, path);
      case "table":
        return this.#readTable(shape, value, path);
    }
  }

  #readText(shape: Setting, value: unknown, path: Path): unknown {
    const fits =
      typeof value === "string" && (shape.pattern?.test(value) ?? true);
    return this.#expect(fits, value, shape.expected ?? "a text", path);
  }

  #readWhole(shape: Setting, value: unknown, path: Path): unknown {
    const { least = 0, greatest = Number.MAX_SAFE_INTEGER } = shape;
    // YAML 1.2 takes `5_000_000` for a text.
    const number =
      typeof value === "string" && /^\d[\d_]*$/.test(value)
        ? Number(value.replaceAll("_", ""))
        : value;
    const fits =
      typeof number === "number" &&
      Number.isSafeInteger(number) &&
      number >= least &&
      number <= greatest;
    const range =
      shape.greatest === undefined
        ? `from ${least}`
        : `from ${least} to ${greatest}`;
    this.#expect(fits, value, `a whole number ${range}`, path);
    return number;
  }

  #readChoice(shape: Setting, value: unknown, path: Path): unknown {
    const words = shape.words ?? [];
    if (typeof value !== "string" || !words.includes(value)) {
      const guess = typeof value === "string" ? hint(value, words) : "";
      throw this.#mismatch(value, words.join(" or "), path, guess);
    }
    return value;
  }

  #readList(shape: Setting, value: unknown, path: Path): unknown {
    if (!Array.isArray(value)) {
      throw this.#mismatch(value, "a list", path);
    }
    return value.map((element, index) =>
      this.#readMember(shape.each as Setting, element, [...path, index]),
    );
  }

  #readTable(shape: Setting, value: unknown, path: Path): unknown {
    const given = this.#expectMapping(value, path);
    return Object.fromEntries(
      Object.entries(given).map(([key, member]) => [
        key,
        this.#readMember(shape.each as Setting, member, [...path, key]),
      ]),
    );
  }

  #expectMapping(value: unknown, path: Path): Record<string, unknown> {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw this.#mismatch(value, "a mapping", path);
    }
    return value as Record<string, unknown>;
  }

  #expect(fits: boolean, value: unknown, wanted: string, path: Path): unknown {
    if (!fits) {
      throw this.#mismatch(value, wanted, path);
    }
    return value;
  }

  #mismatch(value: unknown, wanted: string, path: Path, guess = "") {
    const what = path.length === 0 ? "the file" : `\`${path.join(".")}\``;
    return this.#fault(
      `${what} must be ${wanted}, not ${describe(value)}${guess}`,
      path,
    );
  }

  #fault(message: string, path: Path): PolicyError {
    return new PolicyError(this.#code, message, {
      location: this.#yaml.locate(path),
    });
  }
}

function ownValue(given: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(given, key) ? given[key] : undefined;
}

function hint(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  return guess === undefined ? "" : `; did you mean \`${guess}\`?`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) {
    return "a list";
  }
  if (value !== null && typeof value === "object") {
    return "a mapping";
  }
  return `\`${String(value)}\``;
}
