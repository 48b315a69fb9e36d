import { expect, test } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

const edges = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x1fff, 0x2000, 0x7fffffff];
const signed = edges.flatMap((value) => [value, -value - 1]);

test("numbers are read back as they were written", () => {
  const out = new ByteWriter(1);
  for (const value of edges) {
    out.unsigned(value);
  }
  out.unsigned(0xffffffff);
  for (const value of signed) {
    out.signed(value);
    out.signed64(BigInt(value));
  }
  const reader = new ByteReader(out.written());
  expect(edges.map(() => reader.unsigned())).toEqual(edges);
  expect(reader.unsigned()).toBe(0xffffffff);
  for (const value of signed) {
    expect([reader.signed(), reader.signed()]).toEqual([value, value]);
  }
  expect(reader.position).toBe(out.length);
});

test("a number takes the fewest bytes", () => {
  const sizes = [0x3f, 0x40, -0x40, -0x41, 0x1fff, 0x2000].map((value) => {
    const out = new ByteWriter();
    out.signed(value);
    return out.length;
  });
  expect(sizes).toEqual([1, 2, 1, 2, 2, 3]);
});

test("bytes survive growth, and gaps are zero", () => {
  const out = new ByteWriter(2);
  out.raw(Uint8Array.of(1, 2, 3));
  out.align(8);
  out.word(-2);
  expect([...out.written()]).toEqual([
    1, 2, 3, 0, 0, 0, 0, 0, 254, 255, 255, 255,
  ]);
});
