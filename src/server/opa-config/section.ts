import { nearest, type PositionedYaml } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { Tree } from "./set-values.ts";

type Path = readonly (string | number)[];

/** Where a configuration came from, for messages. */
export type Origin = {
  readonly yaml: PositionedYaml | undefined;
  /** Hears of options that OPA would not know either. */
  readonly warn: (message: string) => void;
};

/** An object of the configuration; what is wrong in it is told with its key and place. */
export class Section {
  readonly value: Tree;
  private readonly origin: Origin;
  private readonly path: Path;

  constructor(value: unknown, origin: Origin, path: Path = []) {
    this.origin = origin;
    this.path = path;
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw this.fault([], "must be an object");
    }
    this.value = value as Tree;
  }

  /** Warns of keys that are none of these, as OPA does. */
  known(...names: readonly string[]): this {
    for (const key of this.keys) {
      if (!names.includes(key)) {
        const guess = nearest(key, names);
        this.origin.warn(
          `unknown configuration option "${[...this.path, key].join(".")}" encountered${
            guess === undefined ? "" : `; did you mean \`${guess}\`?`
          }`,
        );
      }
    }
    return this;
  }

  /** Refuses keys that would change what is decided or told, and are not supported. */
  refuse(reasons: Readonly<Record<string, string>>): this {
    for (const [key, reason] of Object.entries(reasons)) {
      if (this.has(key)) {
        throw this.fault([key], reason);
      }
    }
    return this;
  }

  get keys(): readonly string[] {
    return Object.keys(this.value);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined && this.get(key) !== null;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.value, key) ? this.value[key] : undefined;
  }

  section(key: string): Section | undefined {
    return this.has(key) ? this.child(key) : undefined;
  }

  /** The objects of an object by name; of a list by their member `name`. */
  table(key: string): readonly (readonly [string, Section])[] {
    const value = this.get(key);
    if (Array.isArray(value)) {
      return value.map((one, index) => {
        const section = new Section(one, this.origin, [
          ...this.path,
          key,
          index,
        ]);
        return [section.text("name") ?? String(index), section] as const;
      });
    }
    const all = this.section(key);
    return (all?.keys ?? []).map((name) => [
      name,
      (all as Section).child(name),
    ]);
  }

  text(key: string): string | undefined {
    return this.typed(key, "string", "a string");
  }

  number(key: string): number | undefined {
    return this.typed(key, "number", "a number");
  }

  flag(key: string): boolean | undefined {
    return this.typed(key, "boolean", "true or false");
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.has(key) ? this.get(key) : undefined;
    if (value !== undefined && !Array.isArray(value)) {
      throw this.fault([key], "must be a list");
    }
    return value;
  }

  /** An object of strings. */
  texts(key: string): Readonly<Record<string, string>> {
    const all = this.section(key);
    const members = (all?.keys ?? []).map((name) => [name, all?.text(name)]);
    return Object.fromEntries(members) as Record<string, string>;
  }

  fault(keys: Path, message: string): PolicyError {
    const path = [...this.path, ...keys];
    const name =
      path.length === 0 ? "the configuration" : `\`${path.join(".")}\``;
    const location = this.origin.yaml?.locate(path);
    return new PolicyError("server_config_error", `${name} ${message}`, {
      location,
    });
  }

  private child(key: string): Section {
    return new Section(this.get(key), this.origin, [...this.path, key]);
  }

  private typed<T>(key: string, type: string, wanted: string): T | undefined {
    const value = this.has(key) ? this.get(key) : undefined;
    if (value !== undefined && typeof value !== type) {
      throw this.fault([key], `must be ${wanted}`);
    }
    return value as T | undefined;
  }
}
