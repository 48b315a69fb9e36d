import { PolicyError } from "../error.ts";
import type { Constant } from "../ir/constant.ts";
import type { Operand, Stmt } from "../ir/ir.ts";
import type { Context, Emitter } from "./emitter.ts";

type CallStmt = Extract<Stmt, { kind: "CallStmt" }>;

// The functions of the runtime that make images, and where its header is.
type Compiler = {
  readonly memory: WebAssembly.Memory;
  opa_malloc(size: number): number;
  opa_heap_ptr_get(): number;
  opa_heap_ptr_set(at: number): void;
  rt_regex_image(at: number, length: number, finds: number): number;
  rt_glob_image(
    at: number,
    length: number,
    delimiters: number,
    count: number,
  ): number;
  rt_image_size(): number;
};
const headerAddress = 1024;

// A larger image is left to be made at need.
const maxImageBytes = 65_536;

/**
 * Makes the images of patterns that a policy knows: programs with their
 * automata, and matchers of globs. A copy of the runtime does it, so that a
 * pattern means the same as when it comes with a request.
 */
export class PatternCompiler {
  private readonly wasm: Uint8Array;
  private readonly heapBase: number;
  private instance: Compiler | undefined;

  constructor(wasm: Uint8Array, heapBase: number) {
    this.wasm = wasm;
    this.heapBase = heapBase;
  }

  /** The image of a regular expression; undefined when there is none. */
  regex(pattern: string, finds: boolean): Uint8Array | undefined {
    const text = new TextEncoder().encode(pattern);
    return this.image(({ place, compiler }) =>
      compiler.rt_regex_image(place(text), text.length, finds ? 1 : 0),
    );
  }

  /** The image of a glob; undefined when there is none. */
  glob(pattern: string, delimiters: readonly string[]): Uint8Array | undefined {
    const text = new TextEncoder().encode(pattern);
    const words = Uint32Array.from(
      delimiters,
      (one) => one.codePointAt(0) ?? 0,
    );
    return this.image(({ place, compiler }) =>
      compiler.rt_glob_image(
        place(text),
        text.length,
        place(new Uint8Array(words.buffer)),
        words.length,
      ),
    );
  }

  private image(
    make: (tools: {
      compiler: Compiler;
      place: (bytes: Uint8Array) => number;
    }) => number,
  ): Uint8Array | undefined {
    this.instance ??= instantiate(this.wasm, this.heapBase);
    const compiler = this.instance;
    const top = compiler.opa_heap_ptr_get();
    const place = (bytes: Uint8Array): number => {
      const at = compiler.opa_malloc(bytes.length);
      new Uint8Array(compiler.memory.buffer).set(bytes, at);
      return at;
    };
    const at = make({ compiler, place });
    const size = compiler.rt_image_size();
    const image =
      at === 0 || size > maxImageBytes
        ? undefined
        : new Uint8Array(compiler.memory.buffer).slice(at, at + size);
    compiler.opa_heap_ptr_set(top);
    return image;
  }
}

function instantiate(wasm: Uint8Array, heapBase: number): Compiler {
  const memory = new WebAssembly.Memory({ initial: 5 });
  const nothing = (): number => 0;
  const env: WebAssembly.ModuleImports = {
    memory,
    opa_abort: (): never => {
      throw new PolicyError("internal_error", "a pattern cannot be compiled");
    },
    opa_println: nothing,
  };
  for (let operands = 0; operands <= 4; operands += 1) {
    env[`opa_builtin${operands}`] = nothing;
  }
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, { env });
  new DataView(memory.buffer).setUint32(headerAddress, heapBase, true);
  return exports as unknown as Compiler;
}

/** A call with the image of its pattern in the place of the pattern. */
type PatternCall = {
  /** Index of the runtime's function. */
  readonly func: number;
  readonly args: readonly (Operand | { readonly image: number })[];
};

/** By builtin: what runs an image, which operand the pattern is, and whether places are asked for. */
const regexCalls: ReadonlyMap<string, readonly [string, number, boolean]> =
  new Map([
    ["regex.match", ["rt_regex_match", 0, false]],
    ["re_match", ["rt_regex_match", 0, false]],
    ["regex.find_n", ["rt_regex_find", 0, true]],
    ["regex.find_all_string_submatch_n", ["rt_regex_submatches", 0, true]],
    ["regex.split", ["rt_regex_split", 0, true]],
    ["regex.replace", ["rt_regex_replace", 1, true]],
  ]);

/** The call when its pattern is a constant and valid; else undefined. */
export function toPatternCall(
  emitter: Emitter,
  stmt: CallStmt,
): PatternCall | undefined {
  const { context } = emitter;
  const regex = regexCalls.get(stmt.func);
  if (regex) {
    const [func, position, finds] = regex;
    const pattern = constantText(context, stmt.args[position]);
    const image =
      pattern === undefined
        ? undefined
        : context.pool.image(`regex ${finds} ${pattern}`, () =>
            context.patterns.regex(pattern, finds),
          );
    return image === undefined
      ? undefined
      : {
          func: context.linker.require(func),
          args: stmt.args.map((arg, index) =>
            index === position ? { image } : arg,
          ),
        };
  }
  return stmt.func === "glob.match" ? toGlobCall(emitter, stmt) : undefined;
}

function toGlobCall(emitter: Emitter, stmt: CallStmt): PatternCall | undefined {
  const { context } = emitter;
  const [pattern, delimiters, text] = stmt.args;
  const glob = constantText(context, pattern);
  const separators = constantDelimiters(emitter, delimiters);
  if (glob === undefined || separators === undefined || text === undefined) {
    return;
  }
  const image = context.pool.image(
    `glob ${JSON.stringify(separators)} ${glob}`,
    () => context.patterns.glob(glob, separators),
  );
  return image === undefined
    ? undefined
    : {
        func: context.linker.require("rt_glob_match"),
        args: [{ image }, text],
      };
}

function constantText(
  { policy }: Context,
  operand: Operand | undefined,
): string | undefined {
  if (operand?.kind !== "string_index") {
    return;
  }
  return policy.static.strings[operand.value];
}

/** Delimiters as the glob takes them: none of null, a dot of an empty array. */
function constantDelimiters(
  { context: { policy }, nulls }: Emitter,
  operand: Operand | undefined,
): readonly string[] | undefined {
  if (operand?.kind === "local" && nulls.has(operand.value)) {
    return [];
  }
  if (operand?.kind !== "constant_index") {
    return;
  }
  const constant = policy.static.constants[operand.value];
  if (constant?.kind !== "array") {
    return;
  }
  const delimiters = constant.value.map(singleCharacter);
  if (delimiters.length === 0) {
    return ["."];
  }
  return delimiters.every((one) => one !== undefined) ? delimiters : undefined;
}

function singleCharacter(constant: Constant): string | undefined {
  return constant.kind === "string" && [...constant.value].length === 1
    ? constant.value
    : undefined;
}
