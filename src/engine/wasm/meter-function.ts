import type { Charge } from "./block-costs.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { ForeignFunction, Instruction } from "./foreign-module.ts";

/** What a metered module has beside its own things, and where. */
export type MeterNames = {
  /** Function of the host: `tick(reason)`. */
  readonly tick: number;
  /** Variable i64: fuel left. */
  readonly fuel: number;
  /** Variable i32: counted functions in progress. */
  readonly depth: number;
  /** Variable i32: the pages that the module knows of; there when it may get more. */
  readonly pages: number | undefined;
  /** Where a function went: one more is imported. */
  readonly function: (index: number) => number;
  /** The function that does instead of the instruction, where it may not stand as it is. */
  readonly substitute: (instruction: Instruction) => number | undefined;
};

/** Why the host is called; it refills the fuel, or throws. */
export const tickReason = { fuel: 0, depth: 1, memory: 2, table: 3 } as const;

/** How a function is wrapped whose calls in progress are counted. */
export type DepthGuard = {
  readonly greatest: number;
  /** The type of a block that leaves the function's results. */
  readonly writeType: (out: ByteWriter) => void;
};

const opcode = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  branch: 0x0c,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  i32Const: 0x41,
  i64Const: 0x42,
  i32GtU: 0x4b,
  i64LtS: 0x53,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Sub: 0x7d,
  refFunc: 0xd2,
  noValue: 0x40,
  i64: 0x7e,
} as const;

/** How a function is metered. */
export type Metering = {
  /** How many parameters it has. */
  readonly parameters: number;
  readonly charges: ReadonlyMap<number, Charge>;
  /** Of one whose depth is counted. */
  readonly guard: DepthGuard | undefined;
};

/** Writes a function's body with its charges. */
export class FunctionMeter {
  private readonly bytes: Uint8Array;
  private readonly names: MeterNames;
  private readonly out = new ByteWriter(1 << 10);

  constructor(bytes: Uint8Array, names: MeterNames) {
    this.bytes = bytes;
    this.names = names;
  }

  /** The body as the code section has it, without its size. */
  write(
    { locals, code }: ForeignFunction,
    { parameters, charges, guard }: Metering,
  ): Uint8Array {
    const { out } = this;
    const own = locals.reduce((sum, [count]) => sum + count, 0);
    out.unsigned(locals.length + 1);
    for (const [count, type] of [...locals, [1, opcode.i64] as const]) {
      out.unsigned(count);
      out.byte(type);
    }
    if (guard) {
      this.enter(guard);
    }
    this.code(code, charges, {
      spare: parameters + own,
      isGuarded: guard !== undefined,
    });
    if (guard) {
      this.leave();
    }
    return out.written();
  }

  private code(
    code: readonly Instruction[],
    charges: ReadonlyMap<number, Charge>,
    {
      spare,
      isGuarded,
    }: { readonly spare: number; readonly isGuarded: boolean },
  ): void {
    let depth = 0;
    // Instructions that stay as they are go over in runs.
    let from = code[0]?.start ?? 0;
    for (const [index, instruction] of code.entries()) {
      const { start, end } = instruction;
      const charge = charges.get(index);
      const changed = this.changed(instruction, isGuarded, depth);
      if (charge || changed) {
        this.copy(from, start);
        from = changed ? end : start;
      }
      if (charge) {
        this.charge(charge, spare);
      }
      if (changed) {
        this.indexed(changed.code, changed.index);
      }
      depth += nesting(instruction);
    }
    this.copy(from, code.at(-1)?.end ?? from);
  }

  /** What stands in an instruction's place; undefined where it stays. */
  private changed(
    instruction: Instruction,
    isGuarded: boolean,
    depth: number,
  ): { readonly code: number; readonly index: number } | undefined {
    const { code, index } = instruction;
    if (code === opcode.call || code === opcode.refFunc) {
      return { code, index: this.names.function(index) };
    }
    if (isGuarded && code === opcode.return) {
      return { code: opcode.branch, index: depth };
    }
    if (code === opcode.memorySize && this.names.pages !== undefined) {
      return { code: opcode.globalGet, index: this.names.pages };
    }
    const substitute = this.names.substitute(instruction);
    return substitute === undefined
      ? undefined
      : { code: opcode.call, index: substitute };
  }

  private copy(from: number, to: number): void {
    if (to > from) {
      this.out.raw(this.bytes.subarray(from, to));
    }
  }

  private charge({ cost, isHead }: Charge, spare: number): void {
    const { out, names } = this;
    this.indexed(opcode.globalGet, names.fuel);
    out.byte(opcode.i64Const);
    out.signed(cost);
    out.byte(opcode.i64Sub);
    if (!isHead) {
      this.indexed(opcode.globalSet, names.fuel);
      return;
    }
    this.indexed(opcode.localTee, spare);
    this.indexed(opcode.globalSet, names.fuel);
    this.indexed(opcode.localGet, spare);
    this.constant(opcode.i64Const, 0);
    out.byte(opcode.i64LtS);
    this.tickIf(tickReason.fuel);
  }

  /** One function more is in progress, in a block that every way out of it ends. */
  private enter({ greatest, writeType }: DepthGuard): void {
    const { out, names } = this;
    this.indexed(opcode.globalGet, names.depth);
    this.constant(opcode.i32Const, 1);
    out.byte(opcode.i32Add);
    this.indexed(opcode.globalSet, names.depth);
    this.indexed(opcode.globalGet, names.depth);
    this.constant(opcode.i32Const, greatest);
    out.byte(opcode.i32GtU);
    this.tickIf(tickReason.depth);
    out.byte(opcode.block);
    writeType(out);
  }

  private leave(): void {
    const { out, names } = this;
    this.indexed(opcode.globalGet, names.depth);
    this.constant(opcode.i32Const, 1);
    out.byte(opcode.i32Sub);
    this.indexed(opcode.globalSet, names.depth);
    out.byte(opcode.end);
  }

  private tickIf(reason: number): void {
    this.out.byte(opcode.if);
    this.out.byte(opcode.noValue);
    this.constant(opcode.i32Const, reason);
    this.indexed(opcode.call, this.names.tick);
    this.out.byte(opcode.end);
  }

  private constant(code: number, value: number): void {
    this.out.byte(code);
    this.out.signed(value);
  }

  private indexed(code: number, index: number): void {
    this.out.byte(code);
    this.out.unsigned(index);
  }
}

function nesting({ code }: Instruction): number {
  switch (code) {
    case opcode.block:
    case opcode.loop:
    case opcode.if:
      return 1;
    case opcode.end:
      return -1;
    default:
      return 0;
  }
}
