import { setImmediate } from "node:timers/promises";

/** Lets the checks that wait go first. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
