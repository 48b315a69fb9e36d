import { bulk } from "./decode-code.ts";
import {
  type FunctionType,
  type Instruction,
  type TableType,
  valueType,
} from "./foreign-module.ts";
import { FunctionBody, i32, i64 } from "./function-body.ts";
import { opcode, prefix } from "./instructions.ts";
import { tickReason } from "./tick-reason.ts";

/** What a module may grow to. */
export type GrowthLimits = {
  /** Pages of memory. */
  readonly pages: number;
  /** Pages that the module's own declaration allows. */
  readonly declaredPages?: number | undefined;
  /** Elements of each table. */
  readonly elements: number;
};

/** A function that does what an instruction does, when it is paid and allowed. */
export type Substitute = {
  readonly type: FunctionType;
  readonly body: FunctionBody;
};

/** What the functions refer to. */
type Indices = {
  readonly fuel: number;
  readonly tick: number;
  /** The global that says how many pages the module has. */
  readonly pages: number;
};

// A unit of fuel pays for so many bytes, as a power of two.
const bytesPerUnit = 4;
const bytesPerPage = 16;
const mostPages = 65_536;

/** True of instructions whose work has no bound in their own code. */
export function needsSubstitute({ code, sub }: Instruction): boolean {
  return (
    code === opcode.memoryGrow || (code === prefix.bulk && lengthy.has(sub))
  );
}

const lengthy: ReadonlySet<number> = new Set([
  bulk.memoryInit,
  bulk.memoryCopy,
  bulk.memoryFill,
  bulk.tableInit,
  bulk.tableCopy,
  bulk.tableGrow,
  bulk.tableFill,
]);

/** Makes the function for an instruction that needs one. */
export function substituteFor(
  instruction: Instruction,
  tables: readonly TableType[],
  limits: GrowthLimits,
  indices: Indices,
): Substitute {
  const writer = new SubstituteWriter(instruction, indices);
  const { code, sub, index } = instruction;
  if (code === opcode.memoryGrow) {
    return writer.memoryGrow(limits);
  }
  const element = tables[index]?.element ?? valueType.funcref;
  switch (sub) {
    case bulk.tableGrow:
      return writer.tableGrow(element, limits.elements);
    case bulk.tableFill:
      return writer.block([i32, element, i32], 0);
    case bulk.tableInit:
    case bulk.tableCopy:
      return writer.block([i32, i32, i32], 0);
    default:
      return writer.block([i32, i32, i32], bytesPerUnit);
  }
}

class SubstituteWriter {
  private readonly instruction: Instruction;
  private readonly indices: Indices;

  constructor(instruction: Instruction, indices: Indices) {
    this.instruction = instruction;
    this.indices = indices;
  }

  /** Operands with a length last, of which `2 ** shift` cost one unit. */
  block(parameters: readonly number[], shift: number): Substitute {
    const body = new FunctionBody(parameters.length);
    this.pay(body, () =>
      body.get(2).i32Const(shift).op(opcode.i32ShrU, opcode.i64ExtendI32U),
    );
    body.get(0).get(1).get(2);
    this.original(body);
    return { type: { parameters, results: [] }, body };
  }

  /**
   * The memory may be larger than the module knows: growing gives it of that
   * first. Beyond what it declared itself it gets -1.
   */
  memoryGrow({ pages, declaredPages = mostPages }: GrowthLimits): Substitute {
    const { pages: size } = this.indices;
    const body = new FunctionBody(1);
    const wanted = body.local(i64);
    this.pay(body, () =>
      body
        .get(0)
        .op(opcode.i64ExtendI32U)
        .i64Const(BigInt(bytesPerPage - bytesPerUnit))
        .op(opcode.i64Shl),
    );
    body.globalGet(size).op(opcode.i64ExtendI32U);
    body.get(0).op(opcode.i64ExtendI32U, opcode.i64Add).tee(wanted);
    body.i64Const(BigInt(declaredPages)).op(opcode.i64GtU);
    body.if().i32Const(-1).op(opcode.return).end();
    body.get(wanted);
    this.tickAbove(body, pages, tickReason.memory);
    body.get(wanted).memorySize().op(opcode.i64ExtendI32U, opcode.i64GtU).if();
    body
      .get(wanted)
      .op(opcode.i32WrapI64)
      .memorySize()
      .op(opcode.i32Sub)
      .memoryGrow();
    body.i32Const(-1).op(opcode.i32Eq).if();
    body.i32Const(tickReason.memory).call(this.indices.tick).end().end();
    body.globalGet(size).get(wanted).op(opcode.i32WrapI64).globalSet(size);
    return { type: { parameters: [i32], results: [i32] }, body };
  }

  tableGrow(element: number, elements: number): Substitute {
    const body = new FunctionBody(2);
    this.pay(body, () => body.get(1).op(opcode.i64ExtendI32U));
    this.table(body, bulk.tableSize);
    body
      .op(opcode.i64ExtendI32U)
      .get(1)
      .op(opcode.i64ExtendI32U, opcode.i64Add);
    this.tickAbove(body, elements, tickReason.table);
    body.get(0).get(1);
    this.table(body, bulk.tableGrow);
    return { type: { parameters: [element, i32], results: [i32] }, body };
  }

  /** Takes as much fuel as `amount` puts on the stack. */
  private pay(body: FunctionBody, amount: () => void): void {
    const { fuel, tick } = this.indices;
    body.globalGet(fuel);
    amount();
    body.op(opcode.i64Sub).globalSet(fuel);
    body.globalGet(fuel).i64Const(0n).op(opcode.i64LtS);
    body.if().i32Const(tickReason.fuel).call(tick).end();
  }

  /** Asks the host when the i64 on the stack is more than what is allowed. */
  private tickAbove(body: FunctionBody, greatest: number, reason: number) {
    body.i64Const(BigInt(greatest)).op(opcode.i64GtU);
    body.if().i32Const(reason).call(this.indices.tick).end();
  }

  private original(body: FunctionBody): void {
    const { sub, index, other } = this.instruction;
    switch (sub) {
      case bulk.memoryInit:
        body.memoryInit(index);
        return;
      case bulk.memoryCopy:
        body.op(prefix.bulk, sub, 0, 0);
        return;
      case bulk.memoryFill:
        body.op(prefix.bulk, sub, 0);
        return;
      case bulk.tableFill:
        this.table(body, sub);
        return;
      default:
        this.table(body, sub).unsigned(other);
    }
  }

  private table(body: FunctionBody, sub: number): FunctionBody {
    return body.op(prefix.bulk, sub).unsigned(this.instruction.index);
  }
}
