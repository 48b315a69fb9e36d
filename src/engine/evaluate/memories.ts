import { PolicyError } from "../error.ts";

// The address space is the process's, and so is the count.
let count = 0;

const collected = new FinalizationRegistry<undefined>(() => {
  count -= 1;
});

/** How many sandbox memories of this thread are not collected yet. */
export function liveMemories(): number {
  return count;
}

/**
 * A memory of its own. V8 reserves some ten gigabytes of addresses for each, so
 * that a process has room for about 12,000 of them, whatever they hold.
 */
export function allocateMemory(pages: number): WebAssembly.Memory {
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages });
  } catch (cause) {
    throw new PolicyError(
      "eval_limit_error",
      `no address space is left for another sandbox; ${count} are alive`,
      { cause },
    );
  }
  count += 1;
  collected.register(memory, undefined);
  return memory;
}
