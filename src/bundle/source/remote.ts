/** What was asked of a server. */
export type RemoteCall = {
  /** What names the content that is at hand: an ETag, a digest. */
  readonly known: string | undefined;
  /** The server may hold its answer until there is something else. */
  readonly waits: boolean;
  /** What the known content lacks will do: a delta bundle. */
  readonly takesDelta: boolean;
  readonly signal: AbortSignal;
};

/** A bundle as it came over the network; nothing of it is verified but its digest, where it has one. */
export type Delivery = {
  /** A gzipped tar. */
  readonly archive: Uint8Array;
  /** Names this content to the server. */
  readonly validator: string | undefined;
  /** Where it came from, for people and without secrets. */
  readonly from: string;
  /** Signatures that came beside the archive. */
  readonly signatures: readonly string[];
};

/** A server that holds a bundle. */
export type Remote = {
  /** Its whole address, which tells it from all others and may hold secrets. */
  readonly address: string;
  /** The server said that it waits when it is asked to. */
  readonly canWait: boolean;
  /** The bundle, unless it is the known one; throws why there is none. */
  fetch(call: RemoteCall): Promise<Delivery | "unchanged">;
};
