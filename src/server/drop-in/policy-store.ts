import type { Workshop } from "../../bundle/index.ts";
import type { Documents } from "./documents.ts";
import {
  createSnapshot,
  type Snapshot,
  type SnapshotOptions,
} from "./snapshot.ts";

/** The documents in force with their compiled policies: one reference, replaced as a whole. */
export type PolicyStore = {
  readonly current: Snapshot;
  /**
   * Puts other documents in force, after all earlier changes; throws what is
   * wrong with them, and those in force stay. Policies are compiled in this
   * thread, unless the change brings a workshop.
   */
  change(
    make: (documents: Documents) => Documents,
    workshop?: Workshop,
  ): Promise<void>;
};

/** A store of documents, which must be sound. */
export async function openPolicyStore(
  documents: Documents,
  options: SnapshotOptions,
): Promise<PolicyStore> {
  let current = await createSnapshot(documents, options);
  let running: Promise<unknown> = Promise.resolve();
  const apply: PolicyStore["change"] = async (make, workshop) => {
    const next = make(current.documents);
    if (next === current.documents) {
      return;
    }
    const hasPolicies =
      next.modules !== current.documents.modules ||
      next.regoVersions !== current.documents.regoVersions;
    current = hasPolicies
      ? await createSnapshot(next, options, workshop)
      : await current.withData(next);
  };
  return {
    get current() {
      return current;
    },
    change: (make, workshop) => {
      const changed = running.then(() => apply(make, workshop));
      running = changed.catch(() => {});
      return changed;
    },
  };
}
