import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** Value types of the binary format. */
export const i32 = 0x7f;
export const i64 = 0x7e;

/** Instructions without operands. */
export const op = {
  unreachable: 0x00,
  else: 0x05,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32GeS: 0x4e,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64LtS: 0x53,
  i64Sub: 0x7d,
} as const;

// What engines have agreed to take of one function, in the JavaScript interface.
const mostLocals = 50_000;
const mostBytes = 7_654_321;

/** Writes the instructions of one function; knows how deep it is in blocks. */
export class FunctionBody {
  private readonly code = new ByteWriter();
  private readonly parameters: number;
  /** Functions that the code calls. */
  readonly callees = new Set<number>();
  private readonly locals: number[] = [];
  /** Open blocks; `br` counts from the innermost. */
  depth = 0;

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  /** A fresh local of the type; its index. */
  local(type: number): number {
    this.locals.push(type);
    return this.parameters + this.locals.length - 1;
  }

  /** Why no engine takes the function, for it is too large; undefined when it is not. */
  get excess(): string | undefined {
    const locals = this.parameters + this.locals.length;
    if (locals > mostLocals) {
      return `${locals} variables, of which WebAssembly takes ${mostLocals}`;
    }
    const { length } = this.code;
    return length > mostBytes
      ? `${length} bytes, of which WebAssembly takes ${mostBytes}`
      : undefined;
  }

  op(...codes: number[]): this {
    for (const code of codes) {
      this.code.byte(code);
    }
    return this;
  }

  private indexed(code: number, index: number): this {
    this.code.byte(code);
    return this.unsigned(index);
  }

  /** An index behind an instruction that `op` wrote. */
  unsigned(index: number): this {
    this.code.unsigned(index);
    return this;
  }

  get(local: number): this {
    return this.indexed(0x20, local);
  }
  set(local: number): this {
    return this.indexed(0x21, local);
  }
  tee(local: number): this {
    return this.indexed(0x22, local);
  }
  globalGet(global: number): this {
    return this.indexed(0x23, global);
  }
  globalSet(global: number): this {
    return this.indexed(0x24, global);
  }
  call(index: number): this {
    this.callees.add(index);
    return this.indexed(0x10, index);
  }

  i32Const(value: number): this {
    this.code.byte(0x41);
    this.code.signed(value);
    return this;
  }

  i64Const(value: bigint): this {
    this.code.byte(0x42);
    this.code.signed64(value);
    return this;
  }

  block(): this {
    this.depth += 1;
    return this.op(0x02, 0x40);
  }
  loop(): this {
    this.depth += 1;
    return this.op(0x03, 0x40);
  }
  if(): this {
    this.depth += 1;
    return this.op(0x04, 0x40);
  }
  end(): this {
    this.depth -= 1;
    return this.op(0x0b);
  }

  /** Jumps to the end (or, for a loop, the start) of the block opened at `depth`. */
  br(depth: number): this {
    return this.indexed(0x0c, this.depth - depth);
  }
  brIf(depth: number): this {
    return this.indexed(0x0d, this.depth - depth);
  }

  /** Stores the low byte of a value at an address. */
  i32Store8(): this {
    return this.op(0x3a, 0x00, 0x00);
  }
  /** Jumps out of as many of the innermost blocks as the number on the stack says, and one. */
  brTable(targets: number): this {
    this.op(0x0e);
    this.code.unsigned(targets - 1);
    for (let target = 0; target < targets; target += 1) {
      this.code.unsigned(target);
    }
    return this;
  }

  memorySize(): this {
    return this.op(0x3f, 0x00);
  }
  memoryGrow(): this {
    return this.op(0x40, 0x00);
  }
  memoryInit(segment: number): this {
    this.op(0xfc);
    this.code.unsigned(8);
    this.code.unsigned(segment);
    return this.op(0x00);
  }
  dataDrop(segment: number): this {
    this.op(0xfc);
    this.code.unsigned(9);
    this.code.unsigned(segment);
    return this;
  }

  /** Writes the body as the code section has it, with its size. */
  writeTo(out: ByteWriter): void {
    const head = new ByteWriter(8);
    const runs: [number, number][] = [];
    for (const type of this.locals) {
      const last = runs.at(-1);
      if (last && last[1] === type) {
        last[0] += 1;
      } else {
        runs.push([1, type]);
      }
    }
    head.unsigned(runs.length);
    for (const [count, type] of runs) {
      head.unsigned(count);
      head.byte(type);
    }
    out.unsigned(head.length + this.code.length + 1);
    out.raw(head.written());
    out.raw(this.code.written());
    out.byte(end);
  }

  /** The body without its size. */
  encode(): Uint8Array {
    const out = new ByteWriter(this.code.length + 16);
    this.writeTo(out);
    const reader = new ByteReader(out.written());
    return reader.take(reader.unsigned());
  }
}

const end = 0x0b;
