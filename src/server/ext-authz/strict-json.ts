/** A member of the message, or of its `params`, by its place in the text. */
export type JsonMember = {
  /** The top-level member that holds it, or empty at the top. */
  readonly parent: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
};

/** The outcome of a strict scan: members in order, or what is wrong. */
export type JsonScan =
  | { readonly kind: "object"; readonly members: readonly JsonMember[] }
  | { readonly kind: "array" | "scalar" }
  | { readonly kind: "fault"; readonly reason: string };

// Far beyond what tool arguments need, far below what strains a parser.
const maxDepth = 256;

/**
 * Scans one JSON text as RFC 8259 and I-JSON have it: unique keys everywhere,
 * no lone surrogate, nothing before or after. Two parsers cannot read such a
 * text differently. Records the members of the top object and, below it, those
 * of the member named `inner`.
 */
export function scanJson(text: string, inner: string): JsonScan {
  try {
    return new Scanner(text, inner).scan();
  } catch (error) {
    if (error instanceof Fault) {
      return { kind: "fault", reason: error.message };
    }
    throw error;
  }
}

/** Never leaves this file. */
class Fault extends Error {}

type Frame = {
  readonly isObject: boolean;
  /** Not undefined: the members of this object are recorded. */
  readonly parent: string | undefined;
  /** The keys so far, when there are few. */
  readonly keys: string[];
  /** The keys so far, when they are too many to compare one by one. */
  keySet: Set<string> | undefined;
  key: string;
  valueStart: number;
};

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openObject = 0x7b;
const closeObject = 0x7d;
const openArray = 0x5b;
const closeArray = 0x5d;
const manyKeys = 16;

const scalar =
  /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const stringEscape = /["\\/bfnrt]|u[0-9A-Fa-f]{4}/y;

class Scanner {
  readonly #text: string;
  readonly #inner: string;
  readonly #frames: Frame[] = [];
  readonly #members: JsonMember[] = [];
  #at = 0;

  constructor(text: string, inner: string) {
    this.#text = text;
    this.#inner = inner;
  }

  scan(): JsonScan {
    this.#skipSpace();
    const first = this.#text.charCodeAt(this.#at);
    do {
      this.#skipSpace();
    } while (!this.#isWhole());
    if (first === openObject) {
      return { kind: "object", members: this.#members };
    }
    return { kind: first === openArray ? "array" : "scalar" };
  }

  /** Reads one value or opens one container; true after the last value. */
  #isWhole(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    const frame = this.#frames.at(-1);
    if (frame) {
      frame.valueStart = this.#at;
    }
    if (code === openObject || code === openArray) {
      this.#at += 1;
      if (!this.#isEmpty(this.#open(code === openObject))) {
        return false;
      }
    } else if (code === quote) {
      this.#skipString();
    } else {
      this.#skipScalar();
    }
    return this.#isDone();
  }

  #open(isObject: boolean): Frame {
    if (this.#frames.length >= maxDepth) {
      throw this.#fault(`nested deeper than ${maxDepth} levels`);
    }
    const frame: Frame = {
      isObject,
      parent: isObject ? this.#parentName() : undefined,
      keys: [],
      keySet: undefined,
      key: "",
      valueStart: 0,
    };
    this.#frames.push(frame);
    return frame;
  }

  #parentName(): string | undefined {
    const outer = this.#frames[0];
    if (outer === undefined) {
      return "";
    }
    const isInner = this.#frames.length === 1 && outer.key === this.#inner;
    return isInner && outer.isObject ? outer.key : undefined;
  }

  /** True when the container just opened closes at once; else reads its first key. */
  #isEmpty(frame: Frame): boolean {
    this.#skipSpace();
    const close = frame.isObject ? closeObject : closeArray;
    if (this.#text.charCodeAt(this.#at) === close) {
      this.#at += 1;
      this.#frames.pop();
      return true;
    }
    if (frame.isObject) {
      this.#readKey(frame);
    }
    return false;
  }

  /** After a value: closes what ends here; false when another value follows. */
  #isDone(): boolean {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame?.parent !== undefined) {
        const { parent, key, valueStart: start } = frame;
        this.#members.push({ parent, key, start, end: this.#at });
      }
      this.#skipSpace();
      const code = this.#text.charCodeAt(this.#at);
      if (frame === undefined) {
        if (this.#at < this.#text.length) {
          throw this.#fault("something follows the message");
        }
        return true;
      }
      this.#at += 1;
      if (code === comma) {
        this.#nextKey(frame);
        return false;
      }
      if (code !== (frame.isObject ? closeObject : closeArray)) {
        this.#at -= 1;
        throw this.#fault("not JSON");
      }
      this.#frames.pop();
    }
  }

  #nextKey(frame: Frame): void {
    if (frame.isObject) {
      this.#skipSpace();
      this.#readKey(frame);
    }
  }

  #readKey(frame: Frame): void {
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== quote) {
      throw this.#fault("not JSON");
    }
    const isEscaped = this.#skipString();
    const raw = this.#text.slice(start, this.#at);
    // INVARIANT: skipString has accepted it, so it is one JSON string.
    const key = isEscaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    if (isDuplicate(frame, key)) {
      this.#at = start;
      throw this.#fault("duplicate key");
    }
    frame.key = key;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== 0x3a) {
      throw this.#fault("not JSON");
    }
    this.#at += 1;
  }

  /** Moves past a string; true when it has escapes. */
  #skipString(): boolean {
    const text = this.#text;
    let isEscaped = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return isEscaped;
      }
      if (code === backslash) {
        isEscaped = true;
        at = this.#skipEscape(at + 1);
      } else if (code >= 0x20) {
        at += 1;
      } else {
        // A control character, or NaN at the end of the text.
        this.#at = at;
        throw this.#fault("not JSON");
      }
    }
  }

  #skipEscape(at: number): number {
    stringEscape.lastIndex = at;
    const match = stringEscape.exec(this.#text);
    if (match === null) {
      this.#at = at;
      throw this.#fault("not JSON");
    }
    const end = at + match[0].length;
    if (!/^u[dD][89a-fA-F]/.test(match[0])) {
      return end;
    }
    const pair = /^u[dD][89abAB]..\\u[dD][c-fC-F][0-9A-Fa-f]{2}$/;
    if (!pair.test(this.#text.slice(at, end + 6))) {
      this.#at = at;
      throw this.#fault("lone surrogate");
    }
    return end + 6;
  }

  #skipScalar(): void {
    scalar.lastIndex = this.#at;
    const match = scalar.exec(this.#text);
    if (match === null) {
      throw this.#fault("not JSON");
    }
    this.#at += match[0].length;
  }

  #skipSpace(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
  }

  #fault(reason: string): Fault {
    return new Fault(`${reason} (at character ${this.#at})`);
  }
}

/** Remembers the key; true when the object has it already. */
function isDuplicate(frame: Frame, key: string): boolean {
  const { keys } = frame;
  if (frame.keySet === undefined) {
    if (keys.includes(key)) {
      return true;
    }
    keys.push(key);
    if (keys.length > manyKeys) {
      frame.keySet = new Set(keys);
    }
    return false;
  }
  const size = frame.keySet.size;
  return frame.keySet.add(key).size === size;
}
