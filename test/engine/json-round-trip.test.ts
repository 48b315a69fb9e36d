import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compile, loadPolicy, type Policy } from "../../src/engine/index.ts";

const encoder = new TextEncoder();

/** JSON text with blanks, escapes and number spellings of every kind. */
const jsonText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("null", "true", "false", " 0 ", "-0", "1e3", "1E-2"),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((x) => JSON.stringify(x)),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.string().map(escaped),
    fc
      .array(tie("value"), { maxLength: 5 })
      .map((items) => `[ ${items.join(" ,\n")}]`),
    fc
      .array(fc.tuple(fc.string({ unit: "binary" }), tie("value")), {
        maxLength: 5,
      })
      .map(
        (pairs) =>
          `{${pairs.map(([key, value]) => `${JSON.stringify(key)}\t:${value}`).join(",")} }`,
      ),
  ),
})).value;

/** Every UTF-16 unit as \\uXXXX. */
function escaped(text: string): string {
  const units = [...text].flatMap((character) =>
    [...Array(character.length).keys()].map((index) =>
      character.charCodeAt(index).toString(16).padStart(4, "0"),
    ),
  );
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

describe("documents through the sandbox: parse, then dump", () => {
  let echo: Policy;
  beforeAll(async () => {
    const compiled = compile({ modules: {}, query: "x = input" });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    echo = await loadPolicy(compiled.policy.wasm);
  });

  const roundTrip = (text: string): string =>
    echo.queryJson(encoder.encode(text));

  test("valid documents mean what they mean to JSON.parse", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const [solution] = JSON.parse(roundTrip(text));
        expect(solution).toEqual(JSON.parse(`{"x":${text}}`));
      }),
      { numRuns: 2_000 },
    );
  });

  test("integers keep every digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (n) => {
        expect(roundTrip(String(n))).toBe(`[{"x":${n}}]`);
      }),
    );
  });

  test("what JSON.parse refuses is refused, and the next document is clean", () => {
    fc.assert(
      fc.property(
        jsonText,
        fc.nat(),
        fc.constantFrom("", "}", ",", '"', "\\", "\u0001", "e", "-"),
        (text, place, piece) => {
          const at = place % (text.length + 1);
          const broken =
            text.slice(0, at) + piece + text.slice(at + (place % 2));
          fc.pre(!isJson(broken));
          expect(() => roundTrip(broken)).toThrow("eval_input_error");
          expect(roundTrip("1")).toBe('[{"x":1}]');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("bytes that are no UTF-8 are refused or replaced, never a crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          JSON.parse(echo.queryJson(bytes));
        } catch (error) {
          expect(String(error)).toContain("eval_input_error");
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
