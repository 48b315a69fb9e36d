import { decodeModule } from "../wasm/decode-module.ts";
import type { ForeignModule } from "../wasm/foreign-module.ts";
import type { ForeignGuard, ForeignOptions } from "./foreign-guard.ts";
import { loadOpaGuard } from "./opa-guard.ts";
import { loadRawGuard } from "./raw-guard.ts";
import { fault } from "./require.ts";
import { meterFor, type SandboxLimits } from "./sandbox.ts";

/** A module may have so many bytes. */
const largestModule = 4 << 20;

/**
 * Decodes, checks, meters and compiles a module that somebody else made.
 * Throws `guard_module_error` for one that breaks a promise of its ABI, holds
 * an instruction that is not known or asks for what guards are not given.
 */
export async function loadForeignGuard(
  bytes: Uint8Array,
  options: ForeignOptions,
): Promise<ForeignGuard> {
  const module = decodeForeign(bytes);
  return options.abi === "opa"
    ? loadOpaGuard(module, options)
    : loadRawGuard(module, options);
}

/** The module as it would run: what `loadForeignGuard` compiles. */
export function meterForeign(bytes: Uint8Array, limits: SandboxLimits) {
  return meterFor(decodeForeign(bytes), limits).bytes;
}

/** Decodes a module that is not too large. */
export function decodeForeign(bytes: Uint8Array): ForeignModule {
  if (bytes.length > largestModule) {
    throw fault(
      `the module has ${bytes.length} bytes and may have ${largestModule}`,
    );
  }
  return decodeModule(bytes);
}
