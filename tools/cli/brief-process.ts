import { setFlagsFromString } from "node:v8";

// V8's own is 135,168: what a function may run before it is compiled again, to
// optimised code.
const interruptBudget = 600_000;

/**
 * Readies the engine for a process that ends in seconds: most functions that
 * it would optimise are done before the faster code has paid for its making.
 */
export function expectBriefProcess(): void {
  setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
}
