import type { Revision } from "./load.ts";

/** The revision in force: one reference, replaced as a whole. */
export type RevisionStore = {
  /** Undefined until the first revision is loaded. */
  readonly current: Revision | undefined;
  swap(revision: Revision): void;
  /** Calls back after every swap; the returned function ends that. */
  subscribe(listener: (revision: Revision) => void): () => void;
};

/** An empty store. */
export function createRevisionStore(): RevisionStore {
  let current: Revision | undefined;
  const listeners = new Set<(revision: Revision) => void>();
  return {
    get current() {
      return current;
    },
    swap: (revision) => {
      current = revision;
      for (const listener of listeners) {
        listener(revision);
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
