import type { BundleSource } from "../../src/bundle/index.ts";
import { waitFor } from "./process.ts";

/** Watches a source and keeps what it tells, a line each: its digest, `unchanged` or the fault. */
export async function watchEvents(source: BundleSource) {
  const events: string[] = [];
  await source.watch({
    fetched: async ({ digest }) => {
      events.push(digest);
    },
    unchanged: () => events.push("unchanged"),
    failed: ({ rawMessage }) => events.push(rawMessage),
  });
  return {
    events,
    /** Resolves when an event holds the text. */
    until: (text: string) =>
      waitFor(text, () => events.some((event) => event.includes(text))),
  };
}
