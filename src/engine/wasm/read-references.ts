import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";
import { readOpcode, skipImmediate } from "./instructions.ts";

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

function readInstruction(reader: ByteReader, found: Found): void {
  const { code, immediate } = readOpcode(reader);
  switch (immediate) {
    case undefined:
      throw new PolicyError(
        "internal_error",
        `the linker does not know the instruction 0x${code.toString(16)}`,
      );
    case "function":
      found.functions.add(reader.unsigned());
      return;
    case "global":
      found.globals.add(reader.unsigned());
      return;
    case "i32":
      found.addresses.push(reader.signed());
      return;
    case "memory":
    case "memoryLane":
      reader.unsigned();
      found.addresses.push(reader.unsigned());
      if (immediate === "memoryLane") {
        reader.byte();
      }
      return;
    default:
      skipImmediate(reader, immediate);
  }
}
