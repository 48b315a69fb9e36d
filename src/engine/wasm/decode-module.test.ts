import { describe, expect, test } from "vitest";
import { assemble } from "../../../test/support/wat.ts";
import { decodeModule } from "./decode-module.ts";

const head = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const noType = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
const oneFunction = [0x03, 0x02, 0x01, 0x00];

/** A module of one function `() -> ()` with the code, and more sections in front of it. */
function withCode(code: readonly number[], sections: readonly number[] = []) {
  const body = [0x00, ...code, 0x0b];
  const content = [0x01, body.length, ...body];
  return Uint8Array.from([
    ...head,
    ...noType,
    ...oneFunction,
    ...sections,
    0x0a,
    content.length,
    ...content,
  ]);
}

const memory = [0x05, 0x03, 0x01, 0x00, 0x01];

describe("an instruction that is not allowed is refused by number and offset", () => {
  const at = head.length + noType.length + oneFunction.length + 5;

  test.each([
    ["threads", [0xfe, 0x00], "0xfe is of threads"],
    ["try", [0x06, 0x40], "0x06 is of exceptions"],
    ["throw", [0x08, 0x00], "0x08 is of exceptions"],
    ["try_table", [0x1f, 0x40, 0x00], "0x1f is of exceptions"],
    ["a tail call", [0x12, 0x00], "0x12 is of tail calls"],
    ["garbage collection", [0xfb, 0x00], "0xfb is of garbage collection"],
    ["a gap", [0x27], "0x27 is not known"],
    ["the last byte", [0xff], "0xff is not known"],
    ["bulk memory beyond its table", [0xfc, 0x12], "0xfc 18 is not known"],
    ["a gap of SIMD", [0xfd, 0x9a, 0x01], "0xfd 154 is not known"],
    ["relaxed SIMD", [0xfd, 0x80, 0x02], "0xfd 256 is not known"],
  ])("%s", (_note, code, error) => {
    expect(() => decodeModule(withCode(code))).toThrow(
      `guard_module_error: the instruction ${error} at offset ${at}`,
    );
  });
});

test("every gap in the numbers of SIMD", () => {
  const refused = Array.from({ length: 256 }, (_, sub) => sub).filter((sub) => {
    const number = sub < 128 ? [sub] : [(sub & 127) | 128, 1];
    // Enough bytes for any immediate.
    const immediate = Array.from({ length: 16 }, () => 0);
    try {
      decodeModule(withCode([0xfd, ...number, ...immediate], memory));
      return false;
    } catch (error) {
      return String(error).includes("is not known");
    }
  });
  expect(refused.map((sub) => sub.toString(16)).join(" ")).toBe(
    "9a a2 a5 a6 af b0 b2 b3 b4 bb c2 c5 c6 cf d0 d2 d3 d4 e2 ee",
  );
});

describe("what stands behind an instruction", () => {
  test.each([
    [
      "memory.size of another memory",
      [0x3f, 0x01],
      "the memory of an instruction is 0x1",
    ],
    [
      "memory.grow with a reserved byte",
      [0x40, 0x80],
      "the memory of an instruction is 0x80",
    ],
    [
      "memory.fill of another memory",
      [0xfc, 0x0b, 0x01],
      "the memory of an instruction is 0x1",
    ],
    [
      "memory.copy from another memory",
      [0xfc, 0x0a, 0x00, 0x01],
      "the memory of an instruction is 0x1",
    ],
    [
      "a load of another memory",
      [0x28, 0x42, 0x00, 0x00],
      "a memory access is aligned to 2^66",
    ],
    ["a call of nothing", [0x10, 0x01], "there is no function 1"],
    [
      "a global that the sandbox would add",
      [0x23, 0x00],
      "there is no global 0",
    ],
    ["a local that the sandbox would add", [0x20, 0x00], "there is no local 0"],
    ["a label out of the function", [0x0c, 0x01], "there is no label 1"],
    [
      "a label of a table out of the function",
      [0x0e, 0x01, 0x00, 0x01],
      "there is no label 1",
    ],
    ["a table that is not there", [0x25, 0x00], "there is no table 0"],
    [
      "data that was not announced",
      [0xfc, 0x08, 0x00, 0x00],
      "a data segment is used that was not announced",
    ],
    ["a block of an unknown type", [0x02, 0x01], "a block has an unknown type"],
    ["a block of a negative type", [0x02, 0x4f], "a block has an unknown type"],
    [
      "select with two types",
      [0x1c, 0x02, 0x7f, 0x7f],
      "`select` has not one type",
    ],
    [
      "a number of 33 bits",
      [0x41, 0xff, 0xff, 0xff, 0xff, 0x0f],
      "a number has more than 32 bits",
    ],
    [
      "a number without end",
      [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
      "a number has more than 64 bits",
    ],
    [
      "an index of 33 bits",
      [0x10, 0x80, 0x80, 0x80, 0x80, 0x10],
      "a number has more than 32 bits",
    ],
  ])("%s", (_note, code, error) => {
    expect(() => decodeModule(withCode(code, memory))).toThrow(error);
  });

  test("an access without a memory", () => {
    expect(() => decodeModule(withCode([0x28, 0x02, 0x00]))).toThrow(
      "a memory access",
    );
  });

  test("an index that is longer than it need be, as compilers leave it to the linker", () => {
    const code = [0x10, 0x80, 0x80, 0x80, 0x80, 0x00];
    const [own] = decodeModule(withCode(code)).functions;
    expect(own?.code.map(({ code: byte, index }) => [byte, index])).toEqual([
      [0x10, 0],
      [0x0b, 0],
    ]);
  });
});

describe("sections", () => {
  test.each([
    [
      "another head",
      [0x00, 0x61, 0x73, 0x6d, 0x02, 0, 0, 0],
      "a byte of the module's head is 0x2",
    ],
    [
      "a component",
      [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0],
      "a byte of the module's head is 0xd",
    ],
    [
      "a section of exceptions",
      [...head, 13, 0],
      "section 13 is of exceptions",
    ],
    ["an unknown section", [...head, 14, 0], "section 14 is not known"],
    [
      "a section twice",
      [...head, ...noType, ...noType],
      "section 1 is twice there or out of order",
    ],
    [
      "sections in another order",
      [...head, ...memory, ...noType],
      "section 1 is twice there or out of order",
    ],
    [
      "a section that is too short",
      [...head, 0x01, 0x05, 0x01, 0x60, 0, 0, 0],
      "section 1 goes on behind its end",
    ],
    [
      "a section beyond the module",
      [...head, 0x01, 0x7f],
      "the module ends too early",
    ],
    [
      "a list beyond its section",
      [...head, 0x01, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f],
      "a list of 4294967295 does not fit",
    ],
    [
      "two memories",
      [...head, 0x05, 0x05, 0x02, 0x00, 0x01, 0x00, 0x01],
      "2 memories",
    ],
    [
      "a shared memory",
      [...head, 0x05, 0x04, 0x01, 0x03, 0x01, 0x02],
      "a memory is shared, which is of threads",
    ],
    [
      "a memory of 64 bits",
      [...head, 0x05, 0x03, 0x01, 0x04, 0x01],
      "a memory is of 64 bits",
    ],
    [
      "functions without code",
      [...head, ...noType, ...oneFunction],
      "functions without code",
    ],
    [
      "code without functions",
      [...head, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b],
      "code without a function",
    ],
  ])("%s", (_note, bytes, error) => {
    expect(() => decodeModule(Uint8Array.from(bytes))).toThrow(error);
  });

  test("a function with 50,001 locals", () => {
    const locals = Array.from({ length: 50_001 }, () => "i32").join(" ");
    const bytes = assemble(`(module (func (local ${locals})))`);
    expect(() => decodeModule(bytes)).toThrow("a function has 50001 locals");
  });
});
