import type { ByteReader } from "./byte-reader.ts";

/** What follows an opcode. */
export type Immediate =
  | "none"
  /** A block's type: a signed number. */
  | "blockType"
  /** Of a local, label, table, element or data segment, or a count of bytes. */
  | "index"
  | "twoIndices"
  | "indices"
  | "branchTable"
  | "function"
  | "global"
  /** Alignment and offset; with a lane the lane's number too. */
  | "memory"
  | "memoryLane"
  | "oneByte"
  | "i32"
  | "i64"
  | "fourBytes"
  | "eightBytes"
  | "sixteenBytes";

/** A row gives a range of opcodes and what follows them. */
type Rows = readonly (readonly [
  from: number,
  to: number,
  immediate: Immediate,
])[];

// The binary format, section 5.4 of the WebAssembly specification 2.0.
const plain: Rows = [
  [0x00, 0x01, "none"],
  [0x02, 0x04, "blockType"],
  [0x05, 0x05, "none"],
  [0x0b, 0x0b, "none"],
  [0x0c, 0x0d, "index"],
  [0x0e, 0x0e, "branchTable"],
  [0x0f, 0x0f, "none"],
  [0x10, 0x10, "function"],
  [0x11, 0x11, "twoIndices"],
  [0x1a, 0x1b, "none"],
  [0x1c, 0x1c, "indices"],
  [0x20, 0x22, "index"],
  [0x23, 0x24, "global"],
  [0x25, 0x26, "index"],
  [0x28, 0x3e, "memory"],
  [0x3f, 0x40, "oneByte"],
  [0x41, 0x41, "i32"],
  [0x42, 0x42, "i64"],
  [0x43, 0x43, "fourBytes"],
  [0x44, 0x44, "eightBytes"],
  [0x45, 0xc4, "none"],
  [0xd0, 0xd0, "index"],
  [0xd1, 0xd1, "none"],
  [0xd2, 0xd2, "function"],
];

const bulk: Rows = [
  [0, 7, "none"],
  [8, 8, "twoIndices"],
  [9, 9, "index"],
  [10, 10, "twoIndices"],
  [11, 11, "index"],
  [12, 12, "twoIndices"],
  [13, 13, "index"],
  [14, 14, "twoIndices"],
  [15, 17, "index"],
];

const simd: Rows = [
  [0, 11, "memory"],
  [12, 13, "sixteenBytes"],
  [14, 20, "none"],
  [21, 34, "oneByte"],
  [35, 83, "none"],
  [84, 91, "memoryLane"],
  [92, 93, "memory"],
  // Numbers that are left out here have no instruction.
  [94, 153, "none"],
  [155, 161, "none"],
  [163, 164, "none"],
  [167, 174, "none"],
  [177, 177, "none"],
  [181, 186, "none"],
  [188, 193, "none"],
  [195, 196, "none"],
  [199, 206, "none"],
  [209, 209, "none"],
  [213, 225, "none"],
  [227, 237, "none"],
  [239, 255, "none"],
];

function tableOf(rows: Rows): readonly (Immediate | undefined)[] {
  const table: (Immediate | undefined)[] = [];
  for (const [from, to, immediate] of rows) {
    table.length = Math.max(table.length, to + 1);
    table.fill(immediate, from, to + 1);
  }
  return table;
}

const plainTable = tableOf(plain);
const bulkTable = tableOf(bulk);
const simdTable = tableOf(simd);

/** Instructions that somebody treats each in its own way. */
export const opcode = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  branchTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eq: 0x46,
  i32GtU: 0x4b,
  i64LtS: 0x53,
  i64GtU: 0x56,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Shl: 0x86,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  refNull: 0xd0,
  refFunc: 0xd2,
} as const;

/** First byte of the instructions on blocks of memory and tables, and of those on vectors. */
export const prefix = { bulk: 0xfc, simd: 0xfd } as const;

/** An opcode as it was read. */
export type Opcode = {
  /** The first byte. */
  readonly code: number;
  /** Behind a prefix: the number that tells the instruction. */
  readonly sub: number;
  /** Undefined: no instruction that is known. */
  readonly immediate: Immediate | undefined;
};

/** Reads an opcode; its immediate comes next. */
export function readOpcode(reader: ByteReader): Opcode {
  const code = reader.byte();
  if (code !== prefix.bulk && code !== prefix.simd) {
    return { code, sub: 0, immediate: plainTable[code] };
  }
  const sub = reader.unsigned();
  return { code, sub, immediate: immediateOf(code, sub) };
}

/** What follows an instruction; undefined for one that is not known. */
export function immediateOf(code: number, sub: number): Immediate | undefined {
  switch (code) {
    case prefix.bulk:
      return bulkTable[sub];
    case prefix.simd:
      return simdTable[sub];
    default:
      return plainTable[code];
  }
}

/** Moves past an immediate. */
export function skipImmediate(reader: ByteReader, immediate: Immediate): void {
  switch (immediate) {
    case "none":
      return;
    case "index":
    case "function":
    case "global":
      reader.unsigned();
      return;
    case "twoIndices":
    case "memory":
      reader.unsigned();
      reader.unsigned();
      return;
    case "memoryLane":
      reader.unsigned();
      reader.unsigned();
      reader.byte();
      return;
    case "indices":
    case "branchTable":
      for (
        let count = reader.unsigned() + (immediate === "branchTable" ? 1 : 0);
        count > 0;
        count -= 1
      ) {
        reader.unsigned();
      }
      return;
    case "blockType":
    case "i32":
    case "i64":
      reader.signed();
      return;
    default:
      reader.take(sizes[immediate]);
  }
}

const sizes = {
  oneByte: 1,
  fourBytes: 4,
  eightBytes: 8,
  sixteenBytes: 16,
} as const;
