import { parentPort } from "node:worker_threads";
import { PolicyError } from "../engine/index.ts";
import { type Delivery, heavySteps, type Order } from "./workshop.ts";

// The thread of a workshop: takes one order at a time and answers each once.
parentPort?.on("message", async (order: Order) => {
  parentPort?.postMessage(await fulfil(order));
});

async function fulfil({ name, job }: Order): Promise<Delivery> {
  const step = heavySteps[name] as (given: unknown) => unknown;
  try {
    return { made: await step(job) };
  } catch (error) {
    const { code, rawMessage, location, details } = PolicyError.from(error);
    return { fault: { code, message: rawMessage, location, details } };
  }
}
