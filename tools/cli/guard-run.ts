import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { hostBuiltins } from "../../src/builtins/index.ts";
import { checkModule } from "../../src/bundle/index.ts";
import {
  type ForeignAbi,
  type ForeignAnswer,
  type ForeignOptions,
  fromJs,
  inspectForeign,
  loadForeignGuard,
  PolicyError,
  rawImports,
  toJson,
} from "../../src/engine/index.ts";
import type { GuardSource } from "./guard-source.ts";

/** What `guard run` was told. */
export type RunRequest = {
  /** UTF-8 JSON. */
  readonly input: Uint8Array;
  readonly data?: Uint8Array | undefined;
  readonly abi?: ForeignAbi | undefined;
  readonly entrypoint?: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  readonly limits: {
    readonly fuel: number | undefined;
    readonly memoryPages: number | undefined;
    readonly deadlineMs: number | undefined;
  };
};

// Those of a step that sets none, but for the time: the first call is a slow one.
const usual = { fuel: 5_000_000, memoryPages: 256, deadlineMs: 1_000 };
const usualSizes = { tableElements: 10_000, depth: 1_000 };

/** Loads a guard and asks it once; a manifest's digest and signature must hold. */
export async function runGuard(
  { bytes, manifest }: GuardSource,
  request: RunRequest,
): Promise<{ readonly answer: ForeignAnswer; readonly ms: number }> {
  const own = manifest?.module;
  if (manifest && own) {
    const { name, version } = manifest;
    checkModule(bytes, { name, version, module: own }, undefined);
  }
  const abi = request.abi ?? own?.abi ?? inspectForeign(bytes).abi;
  if (abi === undefined) {
    throw new PolicyError(
      "guard_module_error",
      "the module is of neither ABI: it exports no guard_evaluate, and not OPA's functions",
    );
  }
  const { fuel, memoryPages, deadlineMs } = limitsOf(request, own?.limits);
  const entrypoint = request.entrypoint ?? (manifest?.entrypoint || undefined);
  const options: ForeignOptions = {
    abi,
    // Without a manifest the module may have what there is.
    imports: own?.imports ?? rawImports,
    config: { ...own?.config, ...request.config },
    builtins: hostBuiltins,
    memoryPages,
    tableElements: own?.limits.tableElements ?? usualSizes.tableElements,
    depth: own?.limits.depth ?? usualSizes.depth,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(request.data === undefined ? {} : { data: request.data }),
  };
  const guard = await loadForeignGuard(bytes, options);
  const begin = performance.now();
  const answer = guard.evaluate(request.input, { fuel, deadlineMs });
  return { answer, ms: performance.now() - begin };
}

function limitsOf(
  { limits }: RunRequest,
  own: RunRequest["limits"] | undefined,
): { readonly [Name in keyof typeof usual]: number } {
  const { fuel, memoryPages, deadlineMs } = usual;
  return {
    fuel: limits.fuel ?? own?.fuel ?? fuel,
    memoryPages: limits.memoryPages ?? own?.memoryPages ?? memoryPages,
    deadlineMs: limits.deadlineMs ?? own?.deadlineMs ?? deadlineMs,
  };
}

/** An answer as one line of JSON. */
export function answerJson(answer: ForeignAnswer, ms: number): string {
  const { fuel, log } = answer;
  const said =
    "error" in answer
      ? { error: answer.error.message }
      : { verdict: answer.value };
  return toJson(
    fromJs({ ...said, fuel, ms: Math.round(ms * 1_000) / 1_000, log }),
  );
}

/** A file's bytes, or those of standard input. */
export function readInput(file: string | undefined): Uint8Array {
  try {
    return readFileSync(file ?? 0);
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${file ?? "standard input"}\` cannot be read`,
      { cause },
    );
  }
}
