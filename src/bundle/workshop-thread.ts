import { parentPort } from "node:worker_threads";
import { type DataImage, PolicyError } from "../engine/index.ts";
import type { SourceFiles } from "./read-directory.ts";
import { shareBytes, shareSource } from "./shared-source.ts";
import type { Fetched } from "./source/bundle-source.ts";
import { type Delivery, heavySteps, type Order } from "./workshop.ts";

// The thread of a workshop: takes one order at a time and answers each once.
parentPort?.on("message", async (order: Order) => {
  parentPort?.postMessage(await fulfil(order));
});

async function fulfil({ name, job }: Order): Promise<Delivery> {
  const step = heavySteps[name] as (given: unknown) => unknown;
  try {
    return { made: share(name, await step(job)) };
  } catch (error) {
    const { code, rawMessage, location, details } = PolicyError.from(error);
    return { fault: { code, message: rawMessage, location, details } };
  }
}

/** What is large is not copied on its way: the other thread would stand still. */
function share(name: Order["name"], made: unknown): unknown {
  switch (name) {
    case "read": {
      const fetched = made as Fetched;
      return { ...fetched, source: shareSource(fetched.source) };
    }
    case "patch":
    case "join":
      return shareSource(made as SourceFiles);
    case "image": {
      const image = made as DataImage;
      return { ...image, bytes: shareBytes(image.bytes) };
    }
    case "compile":
    case "decisions":
    case "places":
    case "test":
      return made;
  }
}
