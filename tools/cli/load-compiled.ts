import { runtimeOf } from "../../src/builtins/index.ts";
import {
  createPrint,
  loadPolicy,
  type Policy,
  PolicyError,
  type PolicyOptions,
} from "../../src/engine/index.ts";
import { type Arguments, textFlag } from "./command.ts";
import { parseDuration } from "./go-text.ts";

/** What a command line asks of may take what it needs. */
const unlimited = { fuel: Number.MAX_SAFE_INTEGER, memoryPages: 65_536 };

/**
 * Loads a compiled policy for a command: it prints to standard error, reads the
 * environment, and is bound by nothing but `--timeout`.
 */
export function loadCompiled(
  wasm: Uint8Array,
  args: Arguments,
  options: PolicyOptions,
): Promise<Policy> {
  const deadlineMs = readTimeout(args);
  const { builtins = [] } = options;
  return loadPolicy(wasm, {
    ...options,
    builtins: [...builtins, createPrint((line) => console.error(line))],
    runtime: runtimeOf(process.env),
    limits: deadlineMs === undefined ? unlimited : { ...unlimited, deadlineMs },
  });
}

function readTimeout(args: Arguments): number | undefined {
  const text = textFlag(args, "timeout");
  const duration = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && duration === undefined) {
    throw new PolicyError(
      "bundle_load_error",
      `--timeout cannot be \`${text}\``,
    );
  }
  return duration === 0 ? undefined : duration;
}
