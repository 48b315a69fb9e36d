import { tooDeepAt } from "../deepest-rule.ts";
import { PolicyError } from "../error.ts";
import type { Func, Plan, Policy } from "../ir/ir.ts";
import { abiExports } from "../runtime/abi.ts";
import { FunctionBody, i32, op } from "../wasm/function-body.ts";
import { Linker } from "../wasm/linker.ts";
import { readModule, type WasmModule } from "../wasm/read-module.ts";
import { PatternCompiler } from "./constant-patterns.ts";
import { ConstantPool, tag } from "./constant-pool.ts";
import { builtinExport } from "./emit-call.ts";
import { emitBlock } from "./emit-statement.ts";
import { type Context, Emitter } from "./emitter.ts";

/** A generated module and what a host must know of it. */
export type Generated = {
  readonly wasm: Uint8Array;
  /** Builtins that the host must supply, by id. */
  readonly hostBuiltins: readonly string[];
  /** Where an instrumented module marks what it reached: a byte a position. */
  readonly coverage: number;
  /** The policy's functions in WebAssembly's text format. */
  wat(): string;
};

// docs/abi.md §2: the header that the runtime reads.
const headerAddress = 1024;
const pageSize = 65_536;

/** Plan IR → a module of OPA's ABI: the runtime with the policy appended. */
export function generate(policy: Policy, runtime: RuntimeModule): Generated {
  const linker = new Linker(runtime.module, "policy_eval");
  const pool = new ConstantPool(runtime.staticEnd);
  const hostBuiltins = policy.static.builtinFuncs
    .map(({ name }) => name)
    .filter((name) => linker.find(builtinExport(name)) === undefined);
  const context: Context = {
    policy,
    linker,
    pool,
    functions: declareFunctions(policy, linker),
    hostBuiltins: new Map(hostBuiltins.map((name, id) => [name, id])),
    fuel: linker.require("fuel"),
    patterns: runtime.patterns,
    coverage: pool.reserve(policy.positions.length),
  };
  const slots = defineFunctions(context);
  const plans = definePlans(context);
  placeConstants(context, slots);
  linker.constantGlobal("opa_wasm_abi_version", 1);
  linker.constantGlobal("opa_wasm_abi_minor_version", 3);
  const { coverage } = context;
  return {
    wasm: linker.link((name) => abiExports.has(name)),
    hostBuiltins,
    coverage,
    wat: () => {
      const names = new Map(
        [...context.functions, ...plans].map(([name, index]) => [index, name]),
      );
      return linker.printAdded((index) => names.get(index));
    },
  };
}

/** The prebuilt runtime, read once. */
export type RuntimeModule = {
  readonly module: WasmModule;
  /** Where its static data ends. */
  readonly staticEnd: number;
  readonly patterns: PatternCompiler;
};

export function readRuntime(
  wasm: Uint8Array,
  staticEnd: number,
): RuntimeModule {
  return {
    module: readModule(wasm),
    staticEnd,
    patterns: new PatternCompiler(wasm, staticEnd),
  };
}

function declareFunctions(
  { funcs }: Policy,
  linker: Linker,
): Map<string, number> {
  return new Map(
    funcs.map(({ name, params }) => [
      name,
      linker.declare({ parameters: params.map(() => i32), results: [i32] }),
    ]),
  );
}

/** Defines every function; returns how many keep their value in the rule cache. */
function defineFunctions(context: Context): number {
  let slots = 0;
  for (const func of context.policy.funcs) {
    // Rules without arguments are the same all through one decision.
    const slot = func.params.length === 2 && !func.part ? slots : undefined;
    slots += slot === undefined ? 0 : 1;
    const index = context.functions.get(func.name) as number;
    const body = placed(func, () => functionBody(context, func, slot));
    context.linker.define(index, body);
  }
  return slots;
}

/** Writes a function; one that no engine would take is an error at its place. */
function placed(
  { blocks }: Pick<Func, "blocks">,
  write: () => FunctionBody,
): FunctionBody {
  const location = blocks[0]?.stmts[0]?.location;
  try {
    const body = write();
    const { excess } = body;
    if (excess !== undefined) {
      const text = `rule is too large: its function has ${excess}`;
      throw new PolicyError("rego_compile_error", text, { location });
    }
    return body;
  } catch (error) {
    throw error instanceof RangeError ? tooDeepAt(location) : error;
  }
}

function functionBody(
  context: Context,
  func: Func,
  slot: number | undefined,
): FunctionBody {
  const body = new FunctionBody(func.params.length);
  const emitter = new Emitter(context, body, func.params.length);
  const { result } = emitter;
  if (slot !== undefined) {
    body.i32Const(slot);
    emitter.runtime("rt_memo_get");
    body.tee(result).if();
    body.i32Const(tag.undefined).get(result);
    body
      .get(result)
      .i32Const(tag.memoUndefined)
      .op(op.i32Eq, op.select, op.return);
    body.end();
  }
  if (!func.part) {
    emitter.tick();
  }
  body.block();
  emitter.exit = body.depth;
  for (const block of func.blocks) {
    emitBlock(emitter, block);
  }
  body.end();
  if (slot !== undefined) {
    body.i32Const(slot).get(result).i32Const(tag.memoUndefined).get(result);
    body.op(op.select);
    emitter.runtime("rt_memo_set");
  }
  body.get(result);
  return body;
}

/**
 * One function a plan, and the dispatcher that chooses by entrypoint id.
 * Returns the functions' names.
 */
function definePlans(context: Context): [name: string, index: number][] {
  const names: [string, number][] = [];
  const dispatcher = new FunctionBody(3);
  for (const [id, plan] of context.policy.plans.entries()) {
    const index = context.linker.declare({
      parameters: [i32, i32],
      results: [i32],
    });
    names.push([`plan.${plan.name}`, index]);
    const body = placed(plan, () => planBody(context, plan));
    context.linker.define(index, body);
    dispatcher.get(0).i32Const(id).op(op.i32Eq).if();
    dispatcher.get(1).get(2).call(index).op(op.return);
    dispatcher.end();
  }
  dispatcher.i32Const(
    context.pool.text("internal_error: there is no such entrypoint"),
  );
  dispatcher.call(context.linker.require("rt_abort")).op(op.unreachable);
  context.linker.replaceBody(dispatcher);
  return names;
}

function planBody(context: Context, plan: Plan): FunctionBody {
  const body = new FunctionBody(2);
  const emitter = new Emitter(context, body, 2);
  body.i32Const(0);
  emitter.runtime("rt_array");
  body.set(emitter.result);
  body.block();
  emitter.exit = body.depth;
  for (const block of plan.blocks) {
    emitBlock(emitter, block);
  }
  body.end();
  body.get(emitter.result);
  return body;
}

/**
 * Constants come as a passive segment that a start function places, so that
 * they may exceed the memory that a stock host begins with.
 */
function placeConstants(
  { policy, linker, pool, hostBuiltins }: Context,
  slots: number,
): void {
  const entrypoints = new Map(policy.plans.map(({ name }, id) => [name, id]));
  const builtins = pool.idObject(hostBuiltins);
  const entries = pool.idObject(entrypoints);
  const { inputProjection } = policy.static;
  const projection = inputProjection ? pool.constant(inputProjection) : 0;
  const { bytes, end } = pool.finish();
  const words = [end, builtins, entries, slots, projection];
  const header = new DataView(new ArrayBuffer(words.length * 4));
  for (const [index, word] of words.entries()) {
    header.setUint32(index * 4, word, true);
  }
  const segment = linker.passiveData(bytes);
  const start = new FunctionBody(0);
  const pages = Math.ceil(end / pageSize);
  start.memorySize().i32Const(pages).op(op.i32LtS).if();
  start.i32Const(pages).memorySize().op(op.i32Sub).memoryGrow().op(op.drop);
  start.end();
  start.i32Const(pool.base).i32Const(0).i32Const(bytes.length);
  start.memoryInit(segment).dataDrop(segment);
  linker.startFunction(start);
  linker.activeData(headerAddress, new Uint8Array(header.buffer));
}
