import {
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  YAMLException,
} from "js-yaml";
import type { Location } from "../engine/index.ts";
import { yamlFault } from "./read-document.ts";

/** A step into a YAML document: a key or an index. */
export type Path = readonly (string | number)[];

/** A YAML document that remembers where each of its values was written. */
export type PositionedYaml = {
  readonly value: unknown;
  /** The place of a value; for a member of a mapping, of its key. */
  locate(path: Path): Location;
};

/**
 * Parses one YAML document; an empty one is `{}`. Values that an alias repeats
 * are located at the alias.
 */
export function parsePositionedYaml(
  text: string,
  file: string,
): PositionedYaml {
  try {
    const events = parseEvents(text, {});
    const values = constructFromEvents(events, { source: text });
    if (values.length > 1) {
      throw new YAMLException("expected one document, found more");
    }
    const offsets = new OffsetReader(text, events).read();
    return {
      value: values[0] ?? {},
      locate: (path) => toLocation(text, file, nearestOffset(offsets, path)),
    };
  } catch (error) {
    throw yamlFault(error, file);
  }
}

/** Falls back to the innermost place that is known. */
function nearestOffset(
  offsets: ReadonlyMap<string, number>,
  path: Path,
): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsets.get(JSON.stringify(path.slice(0, length)));
    if (offset !== undefined) {
      return offset;
    }
  }
  return 0;
}

function toLocation(text: string, file: string, offset: number): Location {
  const before = text.slice(0, offset).split("\n");
  const last = before.at(-1) ?? "";
  return { file, row: before.length, col: last.length + 1 };
}

/** Walks the flat event stream and notes the offset of every path. */
class OffsetReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #offsets = new Map<string, number>();
  #next = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  read(): ReadonlyMap<string, number> {
    if (this.#events[0]?.type === EVENT_ID.DOCUMENT) {
      this.#next = 1;
      this.#readNode([]);
    }
    return this.#offsets;
  }

  /** Reads one node and gives the text of a scalar, which may be a key. */
  #readNode(path: Path, keyOffset?: number): string {
    const event = this.#events[this.#next];
    this.#next += 1;
    if (!event) {
      return "";
    }
    const offset = keyOffset ?? startOf(event);
    if (offset >= 0) {
      this.#offsets.set(JSON.stringify(path), offset);
    }
    switch (event.type) {
      case EVENT_ID.MAPPING:
        this.#readMembers(path);
        return "";
      case EVENT_ID.SEQUENCE:
        this.#readElements(path);
        return "";
      case EVENT_ID.SCALAR:
        return event.valueStart < 0 ? "" : getScalarValue(this.#text, event);
      case EVENT_ID.ALIAS:
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
        return "";
    }
  }

  #readMembers(path: Path): void {
    while (!this.#atEnd()) {
      const key = this.#events[this.#next];
      const offset = key ? startOf(key) : -1;
      const name = this.#readNode([...path, ""]);
      this.#readNode([...path, name], offset);
    }
    this.#next += 1;
  }

  #readElements(path: Path): void {
    for (let index = 0; !this.#atEnd(); index += 1) {
      this.#readNode([...path, index]);
    }
    this.#next += 1;
  }

  #atEnd(): boolean {
    const event = this.#events[this.#next];
    return event === undefined || event.type === EVENT_ID.POP;
  }
}

function startOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.valueStart;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    case EVENT_ID.DOCUMENT:
    case EVENT_ID.POP:
      return -1;
  }
}
