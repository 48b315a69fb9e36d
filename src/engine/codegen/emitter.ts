import type { Constant } from "../ir/constant.ts";
import type { Local, Operand, Policy, Stmt } from "../ir/ir.ts";
import { type FunctionBody, i32, i64, op } from "../wasm/function-body.ts";
import type { Linker } from "../wasm/linker.ts";
import type { PatternCompiler } from "./constant-patterns.ts";
import { type ConstantPool, tag } from "./constant-pool.ts";

/** What the functions of one module share. */
export type Context = {
  readonly policy: Policy;
  readonly linker: Linker;
  readonly pool: ConstantPool;
  /** Index of each policy function. */
  readonly functions: ReadonlyMap<string, number>;
  /** Host builtins and their ids. */
  readonly hostBuiltins: ReadonlyMap<string, number>;
  readonly fuel: number;
  /** Compiles the patterns that the policy knows. */
  readonly patterns: PatternCompiler;
  /** Where an instrumented module marks what it reached: a byte a position. */
  readonly coverage: number;
};

/** Writes the statements of one function as instructions. */
export class Emitter {
  readonly context: Context;
  readonly body: FunctionBody;
  /** Depths of the IR blocks that are open, outermost first. */
  readonly blocks: number[] = [];
  /** Holds what the function returns. */
  readonly result: number;
  /** Locals that are null wherever they are set. */
  readonly nulls = new Set<Local>();
  private readonly parameters: number;
  private readonly locals = new Map<Local, number>();
  private readonly fuelLeft: number;
  /** The block that ends the function. */
  exit = 0;

  constructor(context: Context, body: FunctionBody, parameters: number) {
    this.context = context;
    this.body = body;
    this.parameters = parameters;
    this.result = body.local(i32);
    this.fuelLeft = body.local(i64);
  }

  /** The WASM local of an IR local. */
  local(local: Local): number {
    if (local < this.parameters) {
      return local;
    }
    const known = this.locals.get(local);
    if (known !== undefined) {
      return known;
    }
    const made = this.body.local(i32);
    this.locals.set(local, made);
    return made;
  }

  /** Pushes the operand. */
  push(operand: Operand): this {
    switch (operand.kind) {
      case "local":
        this.body.get(this.local(operand.value));
        break;
      case "string_index":
        this.body.i32Const(this.stringAt(operand.value));
        break;
      case "bool":
        this.body.i32Const(operand.value ? tag.true : tag.false);
        break;
      case "constant_index":
        this.body.i32Const(
          this.context.pool.constant(this.constant(operand.value)),
        );
    }
    return this;
  }

  /** Pops into the WASM local of an IR local. */
  set(local: Local): void {
    this.body.set(this.local(local));
  }

  private constant(index: number): Constant {
    return this.context.policy.static.constants[index] ?? { kind: "null" };
  }

  stringText(index: number): string {
    return this.context.policy.static.strings[index] ?? "";
  }

  stringAt(index: number): number {
    return this.context.pool.string(this.stringText(index));
  }

  /** Calls a function of the runtime. */
  runtime(name: string): this {
    this.body.call(this.context.linker.require(name));
    return this;
  }

  /** The innermost IR block. */
  get block(): number {
    return this.blocks.at(-1) ?? 0;
  }

  /** Ends the block when the value on the stack is not zero. */
  failIf(): void {
    this.body.brIf(this.block);
  }

  /** Ends the block when the value on the stack is zero. */
  failUnless(): void {
    this.body.op(op.i32Eqz).brIf(this.block);
  }

  /** Takes one unit of fuel. */
  tick(): void {
    const { fuel } = this.context;
    this.body
      .globalGet(fuel)
      .i64Const(1n)
      .op(op.i64Sub)
      .tee(this.fuelLeft)
      .globalSet(fuel)
      .get(this.fuelLeft)
      .i64Const(0n)
      .op(op.i64LtS)
      .if();
    this.runtime("rt_fuel_out");
    this.body.end();
  }

  /** Aborts with an OPA code and text at the statement's place. */
  abort(stmt: Stmt, code: string, text: string): void {
    const at = `${place(stmt)}${code}: ${text}`;
    this.body.i32Const(this.context.pool.text(at));
    this.runtime("rt_abort");
    this.body.op(op.unreachable);
  }
}

/** `file:row:col: `, as abort texts begin. */
export function place({ location }: Stmt): string {
  return `${location.file}:${location.row}:${location.col}: `;
}
