import type { PolicyError } from "../../engine/index.ts";
import type { SourceFiles } from "../read-directory.ts";

/** What a source held at one moment: read whole and verified, nothing compiled yet. */
export type Fetched = {
  readonly source: SourceFiles;
  /** SHA-256 over the names and contents of its files, as a revision has it. */
  readonly digest: string;
  /** Where it came from, for people: a path, or an address without secrets. */
  readonly from: string;
  /** The id of the key that signed it; undefined where no signature was looked for. */
  readonly signedBy: string | undefined;
  /** Why this is a copy that was kept, not what the source holds. */
  readonly outdated: PolicyError | undefined;
  /** Of such a copy: when it was kept. */
  readonly keptAt?: Date;
};

/** Who is told what a watched source says. Calls come one after another. */
export type SourceListener = {
  /** The source holds this; resolves when it is in force or refused, and never rejects. */
  fetched(fetched: Fetched): Promise<void>;
  /** The source was asked, and still holds what it last gave. */
  unchanged(): void;
  /** The source could not be read, or what it holds is not to be used. */
  failed(fault: PolicyError): void;
};

/**
 * Where a bundle comes from. It reads and verifies; whoever uses it compiles
 * and activates, and answers for what is in force.
 */
export type BundleSource = {
  /** What it holds; throws why there is nothing to use. */
  load(): Promise<Fetched>;
  /** Tells the listener of all that comes after `load`; resolves when it sees. */
  watch(listener: SourceListener): Promise<void>;
  /**
   * Told what is in force: a source with a cache keeps it for a start without
   * the network. Gives back why it could not; never rejects.
   */
  keep(fetched: Fetched): Promise<PolicyError | undefined>;
  /** What was kept last, verified anew, as a copy for this reason; undefined where there is none. */
  lastKept(why: PolicyError): Promise<Fetched | undefined>;
  /**
   * What it gave last did not come into force, for a reason that may pass: a
   * source that is asked again and again gives it again. Files are read again
   * when they change.
   */
  forget(): void;
  /** Ends the watching, and waits for the listener. */
  close(): Promise<void>;
};
