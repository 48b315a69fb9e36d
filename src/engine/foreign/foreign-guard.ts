import type { HostBuiltin } from "../builtins/host-builtin.ts";
import type { Limits, Surroundings } from "../evaluate/policy.ts";
import type { SandboxLimits } from "./sandbox.ts";

/** How a foreign module is spoken to: OPA's ABI 1, or ours. */
export const foreignAbis = ["raw", "opa"] as const;

export type ForeignAbi = (typeof foreignAbis)[number];

/** What a module of the raw ABI may import. */
export const rawImports = ["log", "config", "now"] as const;

/** A line that a guard wrote. */
export type LogLine = { readonly level: number; readonly text: string };

/** What one call of a foreign guard came to. */
export type ForeignAnswer = {
  /** Units of work: instructions, and 16 bytes moved in bulk. */
  readonly fuel: number;
  readonly log: readonly LogLine[];
} & (
  | { readonly value: unknown }
  /** `eval_limit_error`, `guard_module_error` for a trap or a broken promise of the ABI, … */
  | { readonly error: Error }
);

/** A module that somebody else compiled, loaded and metered. */
export type ForeignGuard = {
  readonly abi: ForeignAbi;
  /** What the guard says of an input document (UTF-8 JSON); it never throws. */
  evaluate(input: Uint8Array, limits: Limits): ForeignAnswer;
};

export type ForeignOptions = SandboxLimits & {
  readonly abi: ForeignAbi;
  /** Of the raw ABI: what the manifest lets the module import. */
  readonly imports?: readonly string[];
  /** Of the raw ABI: what `config` gives. */
  readonly config?: Readonly<Record<string, string>>;
  /** Of OPA's ABI: the entrypoint to ask; with one only it need not be named. */
  readonly entrypoint?: string;
  /** Of OPA's ABI: the base document as UTF-8 JSON. */
  readonly data?: Uint8Array;
  /** Of OPA's ABI: builtins that run outside every module. */
  readonly builtins?: readonly HostBuiltin[];
  readonly surroundings?: Surroundings;
};
