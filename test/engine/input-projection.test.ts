import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/engine/index.ts";

type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** docs/abi.md §2.1. */
type Projection =
  | true
  | readonly [Projection]
  | { readonly [key: string]: Projection };

// Few keys, so that projections meet documents; long ones that begin alike.
const keyName = fc.constantFrom(
  "a",
  "b",
  "",
  "longer-key-1",
  "longer-key-2",
  "é",
);

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, 0, -12.5, 123456789012345, "x", 'a "\\é\n'),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(keyName, tie("value")),
  ),
})).value;

const projection = fc.letrec<{ value: Projection }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant<Projection>(true),
    fc.tuple(tie("value")),
    fc.dictionary(keyName, tie("value")),
  ),
})).value;

/** What the reader must make of a document. */
function project(value: Json, wanted: Projection): Json {
  if (wanted === true || value === null || typeof value !== "object") {
    return value;
  }
  const every = Array.isArray(wanted) ? (wanted[0] as Projection) : undefined;
  if (Array.isArray(value)) {
    return value.map((item) =>
      every === undefined ? null : project(item, every),
    );
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const named = Object.hasOwn(wanted, name)
        ? (wanted as Record<string, Projection>)[name]
        : undefined;
      const inner = every ?? named;
      return inner === undefined ? [] : [[name, project(member, inner)]];
    }),
  );
}

type Exports = {
  opa_malloc(size: number): number;
  opa_heap_ptr_get(): number;
  opa_heap_ptr_set(at: number): void;
  opa_value_parse(at: number, length: number): number;
  opa_json_dump(value: number): number;
  portcullis_input(at: number, length: number): number;
};

// docs/abi.md §2.
const projectionWord = 1024 + 16;

class Reader {
  private readonly memory = new WebAssembly.Memory({ initial: 5 });
  private readonly exports: Exports;
  private readonly heap: number;

  constructor(module: WebAssembly.Module) {
    const stub = () => 0;
    const names = [0, 1, 2, 3, 4].map((arity) => `opa_builtin${arity}`);
    const env = Object.fromEntries(
      ["opa_abort", "opa_println", ...names].map((name) => [name, stub]),
    );
    const { exports } = new WebAssembly.Instance(module, {
      env: { ...env, memory: this.memory },
    });
    this.exports = exports as unknown as Exports;
    this.heap = this.exports.opa_heap_ptr_get();
  }

  /** The document as JSON text, undefined when it is refused. */
  read(text: string, wanted: Projection): string | undefined {
    const { exports } = this;
    exports.opa_heap_ptr_set(this.heap);
    const value = exports.opa_value_parse(
      ...this.place(JSON.stringify(wanted)),
    );
    new DataView(this.memory.buffer).setUint32(projectionWord, value, true);
    const document = exports.portcullis_input(...this.place(text));
    if (document === 0) {
      return undefined;
    }
    const at = exports.opa_json_dump(document);
    const bytes = new Uint8Array(this.memory.buffer);
    return new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at)));
  }

  private place(text: string): [number, number] {
    const bytes = new TextEncoder().encode(text);
    const at = this.exports.opa_malloc(bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return [at, bytes.length];
  }
}

describe("reading only what a projection names", () => {
  let reader: Reader;
  beforeAll(async () => {
    const compiled = compile({ modules: {}, query: "x = input" });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    reader = new Reader(
      await WebAssembly.compile(compiled.policy.wasm as BufferSource),
    );
  });

  test("keeps what is named and leaves out the rest", () => {
    fc.assert(
      fc.property(json, projection, (value, wanted) => {
        const text = reader.read(JSON.stringify(value, undefined, 1), wanted);
        expect(JSON.parse(text ?? "")).toEqual(project(value, wanted));
      }),
      { numRuns: 500 },
    );
  });

  test("refuses what is no JSON, in the parts left out too", () => {
    fc.assert(
      fc.property(
        json,
        projection,
        fc.nat(),
        fc.constantFrom("", "}", ",", '"', "\\", "\u0001", "e", "-", "\\u12"),
        (value, wanted, place, piece) => {
          const text = JSON.stringify(value);
          const at = place % (text.length + 1);
          const broken =
            text.slice(0, at) + piece + text.slice(at + (place % 2));
          fc.pre(!isJson(broken));
          expect(reader.read(broken, wanted)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    {
      note: "the last of equal keys counts",
      text: '{"a":1,"b":2,"a":{"b":3}}',
      want: '{"a":{"b":3}}',
    },
    {
      note: "a key with escapes",
      text: '{"\\u0061":1,"c":2}',
      want: '{"a":1}',
    },
    {
      note: "nothing is left",
      text: '{"b":[{"a":1}],"c":"\\ud800"}',
      want: "{}",
    },
    {
      note: "deeper than values may be",
      text: `{"b":${"[".repeat(2_001)}${"]".repeat(2_001)}}`,
      want: undefined,
    },
  ])("$note", ({ text, want }) => {
    expect(reader.read(text, { a: true })).toBe(want);
  });

  test("wide and deep documents outgrow the reader's room", () => {
    const wide = JSON.stringify(
      Array.from({ length: 20_000 }, (_, index) => ({ id: index, a: [index] })),
    );
    const deep = `${'{"a":['.repeat(900)}1${"]}".repeat(900)}`;
    for (const text of [wide, deep]) {
      expect(reader.read(text, true)).toBe(
        JSON.stringify(JSON.parse(text), (_, member) => sorted(member)),
      );
    }
  });
});

/** An object with its keys in order, as the sandbox writes it. */
function sorted(value: unknown): unknown {
  return value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
