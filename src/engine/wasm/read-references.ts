import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";

/** What the code of a function names. */
export type References = {
  /** Functions that it calls or takes the address of. */
  readonly functions: ReadonlySet<number>;
  readonly globals: ReadonlySet<number>;
  /** Constants and offsets that may be addresses of static data. */
  readonly addresses: readonly number[];
};

/** Reads the instructions of a body of the code section. */
export function readReferences(body: Uint8Array): References {
  const reader = new ByteReader(body);
  for (let runs = reader.unsigned(); runs > 0; runs -= 1) {
    reader.unsigned();
    reader.byte();
  }
  const found: Found = {
    functions: new Set(),
    globals: new Set(),
    addresses: [],
  };
  while (reader.position < body.length) {
    readInstruction(reader, found);
  }
  return found;
}

type Found = {
  readonly functions: Set<number>;
  readonly globals: Set<number>;
  readonly addresses: number[];
};

type Read = (reader: ByteReader, found: Found) => void;

const nothing: Read = () => {
  // The instruction has no immediate.
};
const index: Read = (reader) => {
  reader.unsigned();
};
const twoIndices: Read = (reader) => {
  reader.unsigned();
  reader.unsigned();
};
const bytes =
  (count: number): Read =>
  (reader) => {
    reader.take(count);
  };
const call: Read = (reader, { functions }) => {
  functions.add(reader.unsigned());
};
const global: Read = (reader, { globals }) => {
  globals.add(reader.unsigned());
};
const memory: Read = (reader, { addresses }) => {
  reader.unsigned();
  addresses.push(reader.unsigned());
};
const memoryLane: Read = (reader, found) => {
  memory(reader, found);
  reader.byte();
};
const indices: Read = (reader) => {
  for (let count = reader.unsigned(); count > 0; count -= 1) {
    reader.unsigned();
  }
};

/** A row gives a range of opcodes and how to read their immediates. */
type Rows = readonly (readonly [from: number, to: number, read: Read])[];

// The binary format, section 5.4 of the WebAssembly specification.
const plain: Rows = [
  [0x00, 0x01, nothing],
  [0x02, 0x04, (reader) => reader.signed()],
  [0x05, 0x05, nothing],
  [0x0b, 0x0b, nothing],
  [0x0c, 0x0d, index],
  [
    0x0e,
    0x0e,
    (reader, found) => {
      indices(reader, found);
      reader.unsigned();
    },
  ],
  [0x0f, 0x0f, nothing],
  [0x10, 0x10, call],
  [0x11, 0x11, twoIndices],
  [0x1a, 0x1b, nothing],
  [0x1c, 0x1c, indices],
  [0x20, 0x22, index],
  [0x23, 0x24, global],
  [0x25, 0x26, index],
  [0x28, 0x3e, memory],
  [0x3f, 0x40, bytes(1)],
  [0x41, 0x41, (reader, { addresses }) => addresses.push(reader.signed())],
  [0x42, 0x42, (reader) => reader.signed()],
  [0x43, 0x43, bytes(4)],
  [0x44, 0x44, bytes(8)],
  [0x45, 0xc4, nothing],
  [0xd0, 0xd0, index],
  [0xd1, 0xd1, nothing],
  [0xd2, 0xd2, call],
];

const bulk: Rows = [
  [0, 7, nothing],
  [8, 8, twoIndices],
  [9, 9, index],
  [10, 10, twoIndices],
  [11, 11, index],
  [12, 12, twoIndices],
  [13, 13, index],
  [14, 14, twoIndices],
  [15, 17, index],
];

const simd: Rows = [
  [0, 11, memory],
  [12, 13, bytes(16)],
  [14, 20, nothing],
  [21, 34, bytes(1)],
  [35, 83, nothing],
  [84, 91, memoryLane],
  [92, 93, memory],
  [94, 255, nothing],
];

function tableOf(rows: Rows): readonly (Read | undefined)[] {
  const table: (Read | undefined)[] = [];
  for (const [from, to, read] of rows) {
    table.length = Math.max(table.length, to + 1);
    table.fill(read, from, to + 1);
  }
  return table;
}

const tables = {
  plain: tableOf(plain),
  bulk: tableOf(bulk),
  simd: tableOf(simd),
};

const bulkPrefix = 0xfc;
const simdPrefix = 0xfd;

function readInstruction(reader: ByteReader, found: Found): void {
  const opcode = reader.byte();
  const read =
    opcode === bulkPrefix
      ? tables.bulk[reader.unsigned()]
      : opcode === simdPrefix
        ? tables.simd[reader.unsigned()]
        : tables.plain[opcode];
  if (!read) {
    throw new PolicyError(
      "internal_error",
      `the linker does not know the instruction 0x${opcode.toString(16)}`,
    );
  }
  read(reader, found);
}
