import type { Charge } from "./block-costs.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { ForeignFunction, Instruction } from "./foreign-module.ts";
import { valueType } from "./foreign-module.ts";
import { opcode } from "./instructions.ts";
import { Labels } from "./labels.ts";
import { leafLoops } from "./leaf-loops.ts";
import { needsSubstitute } from "./substitutes.ts";
import { tickReason } from "./tick-reason.ts";

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

/** How a function is wrapped whose calls in progress are counted. */
export type DepthGuard = {
  readonly greatest: number;
  /** The type of a block that leaves the function's results. */
  readonly writeType: (out: ByteWriter) => void;
};

// The type of a block that leaves nothing.
const noValue = 0x40;

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
  /** A local of our own, i64. */
  private spare = 0;

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
    for (const [count, type] of [...locals, [1, valueType.i64] as const]) {
      out.unsigned(count);
      out.byte(type);
    }
    if (guard) {
      this.enter(guard);
    }
    this.spare = parameters + own;
    this.code(code, charges, guard !== undefined);
    if (guard) {
      this.leave();
    }
    return out.written();
  }

  private code(
    code: readonly Instruction[],
    charges: ReadonlyMap<number, Charge>,
    isGuarded: boolean,
  ): void {
    const { ends, exits } = leafLoops(code, needsSubstitute);
    const labels = new Labels();
    let loopEnd = -1;
    // Instructions that stay as they are go over in runs.
    let from = code[0]?.start ?? 0;
    for (const [index, instruction] of code.entries()) {
      const { start, end } = instruction;
      const before: Before = {
        leavesLoop: index === loopEnd + 1 && loopEnd >= 0,
        charge: charges.get(index),
        inLoop: index <= loopEnd,
        entersLoop: ends.has(index),
        exits: exits.has(index),
      };
      loopEnd = ends.get(index) ?? loopEnd;
      const head = index <= loopEnd ? charges.get(index + 1) : undefined;
      const place = { head, isGuarded, labels };
      const write = this.changed(instruction, place);
      if (isNeeded(before) || write) {
        this.copy(from, start);
        from = write ? end : start;
      }
      this.before(before, labels);
      write?.();
      labels.pass(instruction, write !== undefined);
    }
    this.copy(from, code.at(-1)?.end ?? from);
  }

  /** What comes in front of an instruction, in its order. */
  private before({ charge, ...place }: Before, labels: Labels): void {
    if (place.leavesLoop) {
      this.putFuel();
    }
    if (charge && place.inLoop) {
      this.chargeInLoop(charge, labels.innermostIsDoubled);
    } else if (charge) {
      this.charge(charge);
    }
    if (place.entersLoop) {
      this.takeFuel();
    }
    if (place.exits) {
      this.putFuel();
    }
  }

  /** From the global into the local, on which a loop without calls works. */
  private takeFuel(): void {
    this.indexed(opcode.globalGet, this.names.fuel);
    this.indexed(opcode.localSet, this.spare);
  }

  private putFuel(): void {
    this.indexed(opcode.localGet, this.spare);
    this.indexed(opcode.globalSet, this.names.fuel);
  }

  private chargeInLoop({ cost, isHead }: Charge, isDoubled: boolean): void {
    const { out, spare } = this;
    this.indexed(opcode.localGet, spare);
    this.constant(opcode.i64Const, cost);
    out.byte(opcode.i64Sub);
    if (!isHead) {
      this.indexed(opcode.localSet, spare);
      return;
    }
    this.indexed(opcode.localTee, spare);
    this.isOut();
    if (isDoubled) {
      this.indexed(opcode.branchIf, 1);
      return;
    }
    this.refuel(() => this.takeFuel());
  }

  /** Whether the fuel on the stack is out. */
  private isOut(): void {
    this.constant(opcode.i64Const, 0);
    this.out.byte(opcode.i64LtS);
  }

  /** In a loop, where the fuel is out: asks the host for more, which `take` takes. */
  private refuel(take: () => void): void {
    const { out } = this;
    out.byte(opcode.if);
    out.byte(noValue);
    this.putFuel();
    this.tick(tickReason.fuel);
    take();
    out.byte(opcode.end);
  }

  /**
   * A loop in another one, to whose head it goes when the fuel is out: as the
   * host is called outside of it, the engine keeps the inner loop's values in
   * registers. What the turn costs is given back, for it is taken again.
   */
  private doubleLoop({ end, start }: Instruction, { cost }: Charge): void {
    const { bytes, out, spare } = this;
    const head = bytes.subarray(start, end);
    out.raw(head);
    this.indexed(opcode.localGet, spare);
    this.isOut();
    this.refuel(() => {
      this.indexed(opcode.globalGet, this.names.fuel);
      this.constant(opcode.i64Const, cost);
      out.byte(opcode.i64Add);
      this.indexed(opcode.localSet, spare);
    });
    out.raw(head);
  }

  /** Writes what stands in an instruction's place; undefined where it stays. */
  private changed(
    instruction: Instruction,
    place: Place,
  ): (() => void) | undefined {
    const { code, index, start } = instruction;
    const { head, labels } = place;
    switch (code) {
      case opcode.refFunc:
        return () => this.indexed(code, this.names.function(index));
      case opcode.loop:
        // What comes in from the stack cannot come in twice.
        return head && isPlainBlock(this.bytes[start + 1] ?? 0)
          ? () => this.doubleLoop(instruction, head)
          : undefined;
      case opcode.end:
        return labels.innermostIsDoubled
          ? () => this.out.raw(Uint8Array.of(opcode.end, opcode.end))
          : undefined;
      case opcode.memorySize:
        return this.sizeOf();
      default:
        return this.jump(instruction, place) ?? this.call(instruction);
    }
  }

  private sizeOf(): (() => void) | undefined {
    const { pages } = this.names;
    return pages === undefined
      ? undefined
      : () => this.indexed(opcode.globalGet, pages);
  }

  private jump(
    { code, index, targets }: Instruction,
    { isGuarded, labels }: Place,
  ): (() => void) | undefined {
    switch (code) {
      case opcode.return:
        return isGuarded
          ? () => this.indexed(opcode.branch, labels.depth)
          : undefined;
      case opcode.branch:
      case opcode.branchIf:
        return labels.moved
          ? () => this.indexed(code, labels.of(index))
          : undefined;
      case opcode.branchTable:
        return labels.moved
          ? () => this.branchTable([...targets, index], labels)
          : undefined;
      default:
        return undefined;
    }
  }

  private call(instruction: Instruction): (() => void) | undefined {
    const callee =
      instruction.code === opcode.call
        ? this.names.function(instruction.index)
        : this.names.substitute(instruction);
    return callee === undefined
      ? undefined
      : () => this.indexed(opcode.call, callee);
  }

  private branchTable(targets: readonly number[], labels: Labels): void {
    this.indexed(opcode.branchTable, targets.length - 1);
    for (const label of targets) {
      this.out.unsigned(labels.of(label));
    }
  }

  private copy(from: number, to: number): void {
    if (to > from) {
      this.out.raw(this.bytes.subarray(from, to));
    }
  }

  private charge({ cost, isHead }: Charge): void {
    const { out, names, spare } = this;
    this.indexed(opcode.globalGet, names.fuel);
    this.constant(opcode.i64Const, cost);
    out.byte(opcode.i64Sub);
    if (!isHead) {
      this.indexed(opcode.globalSet, names.fuel);
      return;
    }
    this.indexed(opcode.localTee, spare);
    this.indexed(opcode.globalSet, names.fuel);
    this.indexed(opcode.localGet, spare);
    this.isOut();
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
    this.out.byte(noValue);
    this.tick(reason);
    this.out.byte(opcode.end);
  }

  private tick(reason: number): void {
    this.constant(opcode.i32Const, reason);
    this.indexed(opcode.call, this.names.tick);
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

/** What decides about an instruction beside itself. */
type Place = {
  /** Of a loop without calls: what its turn costs. */
  readonly head: Charge | undefined;
  readonly isGuarded: boolean;
  readonly labels: Labels;
};

/** True of a block's type that takes nothing from the stack: none, or one value that it leaves. */
function isPlainBlock(type: number): boolean {
  return type >= 0x40 && type < 0x80;
}

/** What comes in front of an instruction. */
type Before = {
  /** A loop without calls ended just before. */
  readonly leavesLoop: boolean;
  readonly charge: Charge | undefined;
  /** Whether it stands in such a loop. */
  readonly inLoop: boolean;
  readonly entersLoop: boolean;
  /** Whether it may leave such a loop. */
  readonly exits: boolean;
};

function isNeeded(before: Before): boolean {
  const { charge, entersLoop, exits, leavesLoop } = before;
  return charge !== undefined || entersLoop || exits || leavesLoop;
}
