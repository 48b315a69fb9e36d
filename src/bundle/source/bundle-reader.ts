import type { Fetched } from "./bundle-source.ts";
import { readFileSource } from "./file-source.ts";
import { readDelivery } from "./read-delivery.ts";
import type { Delivery } from "./remote.ts";
import type { Trust } from "./trust.ts";

/** What is to be read and verified. */
type Reading = {
  /** A path, or what came over the network. */
  readonly from: string | Delivery;
  readonly trust: Trust;
};

/** Reads and verifies what a source holds: in this thread, or where it disturbs nobody. */
export type BundleReader = (reading: Reading) => Promise<Fetched>;

/** The reader of this thread. */
export const readBundleSource: BundleReader = ({ from, trust }) =>
  typeof from === "string"
    ? readFileSource(from, trust)
    : readDelivery(from, trust);
