import type { GuardMode, GuardStep } from "../../bundle/index.ts";

/**
 * The modes in force. A mode set at run time beats the configuration's, which
 * beats the one in guards/pipeline.yaml.
 */
export type Modes = {
  of(step: GuardStep): GuardMode;
  /** Sets a guard's mode until the restart; undefined takes it back. */
  set(guard: string, mode: GuardMode | undefined): void;
};

/** Modes with the configuration's overrides by guard name. */
export function createModes(
  configured: Readonly<
    Record<string, { readonly mode: GuardMode | undefined }>
  >,
): Modes {
  const running = new Map<string, GuardMode>();
  const overrides = new Map(Object.entries(configured));
  return {
    of: ({ guard, mode }) =>
      running.get(guard) ?? overrides.get(guard)?.mode ?? mode,
    set: (guard, mode) => {
      if (mode === undefined) {
        running.delete(guard);
      } else {
        running.set(guard, mode);
      }
    },
  };
}
