import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadForeignGuard, meterForeign } from "../../../src/engine/index.ts";
import { opaBinary } from "../../../test/support/opa-binary.ts";
import { rawGuard } from "../../../test/support/wat.ts";
import { cpuPerCall } from "./measure.ts";
import { printFigure, printHeading, printRatio } from "./report.ts";

const limits = { memoryPages: 1_024, tableElements: 10_000, depth: 1_000 };
const rounds = 40;

type Exports = Readonly<
  Record<string, (...operands: readonly number[]) => number>
> & { readonly memory: WebAssembly.Memory };

/** How a module is asked once, in one way for both of its forms. */
type Ask = (exports: Exports, input: Uint8Array) => void;

/** What a metered module costs beside the same module as it came, and what a call costs besides. */
export async function measureForeign(): Promise<void> {
  printHeading("foreign", "guards that others compiled, metered and not");
  const text = JSON.stringify(sampleInput(400));
  for (const language of ["c", "rust"]) {
    const bytes = readFileSync(`examples/guards/${language}/guard.wasm`);
    compare(`examples/guards/${language}, ${text.length} bytes`, bytes, {
      ask: askRaw,
      text,
    });
  }
  const module = buildByOpa();
  if (module) {
    const input = JSON.stringify(sampleInput(30));
    compare(`a module of OPA's, ${input.length} bytes`, module, {
      ask: askOpa,
      text: input,
    });
  } else {
    console.log("skipped: OPA's module; genuine OPA is not here");
  }
  await measureOverhead();
}

function sampleInput(items: number) {
  return {
    user: "alice",
    items: Array.from({ length: items }, (_, at) => ({
      n: at,
      name: `item ${at % 7}`,
      note: "x".repeat(60),
    })),
  };
}

function compare(
  label: string,
  bytes: Uint8Array,
  { ask, text }: { readonly ask: Ask; readonly text: string },
): void {
  const input = new TextEncoder().encode(text);
  const [plain, metered] = [bytes, meterForeign(bytes, limits)].map((form) => {
    const module = new WebAssembly.Module(form as BufferSource);
    return () => time(module, ask, input);
  });
  const figures = { plain: [] as number[], metered: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    figures.plain.push(plain?.() ?? 0);
    figures.metered.push(metered?.() ?? 0);
  }
  const [before, after] = [quiet(figures.plain), quiet(figures.metered)];
  printFigure(`${label}: plain`, before, "µs");
  printRatio("metered ÷ plain", after / before, { atMost: 1.3 });
}

/** The lowest fifth: other work on the machine only ever adds. */
function quiet(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(rounds / 5)] ?? 0;
}

/** An instance serves some calls only, for a guard need not free what it takes. */
function time(module: WebAssembly.Module, ask: Ask, input: Uint8Array): number {
  const { exports } = new WebAssembly.Instance(module, hostOf());
  const fuel = exports["sandbox:fuel"] as WebAssembly.Global | undefined;
  const calls = exports as unknown as Exports;
  if (fuel) {
    fuel.value = 1n << 60n;
  }
  ask(calls, input);
  return cpuPerCall(() => ask(calls, input), 100);
}

function hostOf(): WebAssembly.Imports {
  const nothing = () => 0;
  const memory = new WebAssembly.Memory({ initial: 16 });
  const env: Record<string, WebAssembly.ImportValue> = {
    memory,
    opa_abort: nothing,
    opa_println: nothing,
  };
  for (let operands = 0; operands <= 4; operands += 1) {
    env[`opa_builtin${operands}`] = nothing;
  }
  return {
    env,
    portcullis: { log: nothing, config: () => -1, now: () => 0n },
    sandbox: { tick: nothing },
  };
}

function askRaw(exports: Exports, input: Uint8Array): void {
  const at = exports["guard_alloc"]?.(input.length) ?? 0;
  new Uint8Array(exports.memory.buffer).set(input, at);
  exports["guard_evaluate"]?.(at, input.length);
}

function askOpa(exports: Exports, input: Uint8Array): void {
  const call = (name: string, ...operands: readonly number[]) =>
    exports[name]?.(...operands) ?? 0;
  const heap = call("opa_heap_ptr_get");
  const at = call("opa_malloc", input.length);
  new Uint8Array(exports.memory.buffer).set(input, at);
  const context = call("opa_eval_ctx_new");
  call(
    "opa_eval_ctx_set_input",
    context,
    call("opa_json_parse", at, input.length),
  );
  call("eval", context);
  call("opa_json_dump", call("opa_eval_ctx_get_result", context));
  call("opa_heap_ptr_set", heap);
}

const policy = `package guards.ext

verdict := {"allowed": true} if {
	input.user in {"alice", "bob"}
	count([1 | some item in input.items; startswith(item.name, "item 3")]) > 2
}
`;

/** The module that genuine OPA makes; undefined where it is not installed. */
function buildByOpa(): Uint8Array | undefined {
  const opa = opaBinary();
  if (opa === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  writeFileSync(join(folder, "policy.rego"), policy);
  const run = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: folder });
  run(opa, "build", "-t", "wasm", "-e", "guards/ext/verdict", "policy.rego");
  run("tar", "-xzf", "bundle.tar.gz", "--strip-components=1", "/policy.wasm");
  run("tar", "-xzf", "bundle.tar.gz", "/policy.wasm");
  return readFileSync(join(folder, "policy.wasm"));
}

/** A guard of 64 kB that does nothing: what is left is the host's work, fresh memory above all. */
async function measureOverhead(): Promise<void> {
  const functions = Array.from(
    { length: 1_450 },
    (_, at) =>
      `(func (param i32) (result i32) ${"local.get 0 i32.const 77 i32.mul local.set 0 ".repeat(4)} local.get 0 i32.const ${at} i32.add)`,
  );
  const bytes = rawGuard({
    pages: 2,
    fields: `${functions.join("\n")} (global (mut i32) (i32.const 5))`,
  });
  const guard = await loadForeignGuard(bytes, { abi: "raw", ...limits });
  const input = new TextEncoder().encode(JSON.stringify(sampleInput(15)));
  const call = () => guard.evaluate(input, { fuel: 5_000_000, deadlineMs: 20 });
  cpuPerCall(call, 2_000);
  const figures = Array.from({ length: rounds }, () => cpuPerCall(call, 500));
  printRatio(
    `µs a call of a guard of ${bytes.length} bytes, ${input.length} bytes of input`,
    quiet(figures),
    { atMost: 40 },
  );
}
