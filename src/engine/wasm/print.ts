import { PolicyError } from "../error.ts";
import { ByteReader } from "./byte-reader.ts";
import { operatorNames } from "./operator-names.ts";

/** A function to be printed. */
export type PrintedFunction = {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** Its body as the code section has it, without its size. */
  readonly body: Uint8Array;
};

/** What instructions call things by. */
export type PrintNames = {
  readonly function: (index: number) => string;
  readonly global: (index: number) => string;
};

const valueTypes: ReadonlyMap<number, string> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
]);

/**
 * Functions in WebAssembly's text format, one instruction a line, blocks
 * indented. Instructions are those of the first version and of bulk memory.
 */
export function printFunctions(
  functions: readonly PrintedFunction[],
  names: PrintNames,
): string {
  return functions.map((one) => printFunction(one, names)).join("\n");
}

function printFunction(
  { name, parameters, results, body }: PrintedFunction,
  names: PrintNames,
): string {
  const reader = new ByteReader(body);
  const locals = Array.from({ length: reader.unsigned() }, () => {
    const count = reader.unsigned();
    const type = reader.byte();
    return Array.from({ length: count }, () => type);
  }).flat();
  const head = [
    `(func $${identifier(name)}`,
    typeList("param", parameters),
    typeList("result", results),
  ].join("");
  const lines = [head];
  if (locals.length > 0) {
    lines.push(` ${typeList("local", locals)}`);
  }
  lines.push(...printInstructions(reader, names));
  return `${lines.join("\n")})\n`;
}

function typeList(kind: string, types: readonly number[]): string {
  const list = types.map(
    (type) => valueTypes.get(type) ?? `0x${type.toString(16)}`,
  );
  return list.length === 0 ? "" : ` (${kind} ${list.join(" ")})`;
}

/** A name with only the characters that the text format has in names. */
function identifier(name: string): string {
  return name.replace(/[^\w.!#$%&'*+\-/:<=>?@\\^`|~]/g, "_");
}

const opcode = { else: 0x05, end: 0x0b } as const;

function printInstructions(reader: ByteReader, names: PrintNames): string[] {
  const lines: string[] = [];
  let depth = 1;
  while (reader.position < reader.bytes.length) {
    const code = reader.byte();
    if (code === opcode.end) {
      depth -= 1;
      if (depth === 0) {
        break;
      }
    }
    const indent = code === opcode.else ? depth - 1 : depth;
    lines.push(
      `${"  ".repeat(indent)}${printInstruction(code, reader, names)}`,
    );
    if (opensBlock(code)) {
      depth += 1;
    }
  }
  return lines;
}

/** `block`, `loop` and `if`. */
function opensBlock(code: number): boolean {
  return code >= 0x02 && code <= 0x04;
}

function printInstruction(
  code: number,
  reader: ByteReader,
  names: PrintNames,
): string {
  if (code === bulkPrefix) {
    return printBulk(reader);
  }
  const name = operatorNames.get(code);
  if (name === undefined) {
    throw new PolicyError(
      "internal_error",
      `the instruction 0x${code.toString(16)} has no text`,
    );
  }
  const operands = printOperands(code, reader, names);
  return operands === "" ? name : `${name} ${operands}`;
}

const bulkPrefix = 0xfc;

function printBulk(reader: ByteReader): string {
  const code = reader.unsigned();
  const [first, second] = [reader.unsigned(), code === 9 ? 0 : reader.byte()];
  switch (code) {
    case 8:
      return `memory.init ${first}`;
    case 9:
      return `data.drop ${first}`;
    case 10:
      return "memory.copy";
    case 11:
      return "memory.fill";
    default:
      throw new PolicyError(
        "internal_error",
        `the instruction 0xfc ${code} ${second} has no text`,
      );
  }
}

function printOperands(
  code: number,
  reader: ByteReader,
  names: PrintNames,
): string {
  if (opensBlock(code)) {
    return typeList("result", blockResults(reader)).trim();
  }
  if (code >= 0x28 && code <= 0x3e) {
    return printMemory(reader);
  }
  switch (code) {
    case 0x0c:
    case 0x0d:
    case 0x20:
    case 0x21:
    case 0x22:
      return String(reader.unsigned());
    case 0x0e:
      return Array.from({ length: reader.unsigned() + 1 }, () =>
        reader.unsigned(),
      ).join(" ");
    case 0x10:
      return `$${identifier(names.function(reader.unsigned()))}`;
    case 0x11:
      return `(type ${reader.unsigned()}) ${reader.unsigned()}`;
    case 0x23:
    case 0x24:
      return `$${identifier(names.global(reader.unsigned()))}`;
    case 0x3f:
    case 0x40:
      reader.byte();
      return "";
    case 0x41:
      return String(BigInt.asIntN(32, signed(reader)));
    case 0x42:
      return String(signed(reader));
    default:
      return "";
  }
}

const emptyBlock = 0x40;

function blockResults(reader: ByteReader): number[] {
  const type = reader.byte();
  return type === emptyBlock ? [] : [type];
}

/** `offset=8`, where there is one. */
function printMemory(reader: ByteReader): string {
  reader.unsigned();
  const offset = reader.unsigned();
  return offset === 0 ? "" : `offset=${offset}`;
}

function signed(reader: ByteReader): bigint {
  let value = 0n;
  let shift = 0n;
  for (;;) {
    const byte = reader.byte();
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if ((byte & 0x80) === 0) {
      return BigInt.asIntN(Number(shift), value);
    }
  }
}
