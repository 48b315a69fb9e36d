import {
  type BundleSource,
  createBundleSource,
  type Fetched,
  type HostOptions,
  loadRevision,
  type RevisionStore,
} from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import type { ServerConfig } from "./config.ts";

/** Keeps the store at what the source says. */
export type Reloader = {
  /** What is wrong with what the source holds, or with the source; undefined when all is well. */
  readonly failure: PolicyError | undefined;
  /** Loads the source aside and swaps it in; throws what is wrong with it. */
  load(): Promise<void>;
  watch(): Promise<void>;
  close(): Promise<void>;
};

type ReloaderOptions = {
  readonly bundle: ServerConfig["bundle"];
  readonly revisions: RevisionStore;
  /** What policies may call and reach. */
  readonly host: HostOptions;
  readonly onLoaded: (digest: string) => void;
  /** The revision in force stays in force. */
  readonly onFailed: (failure: PolicyError) => void;
  /** A start without the network will not find the revision in force. */
  readonly onNotKept: (failure: PolicyError) => void;
};

/** A reloader of one source. */
export function createReloader(options: ReloaderOptions): Reloader {
  return new SourceReloader(options);
}

class SourceReloader implements Reloader {
  readonly #options: ReloaderOptions;
  readonly #source: BundleSource;
  /** Of the last content that came. */
  #refusal: PolicyError | undefined;
  /** Of the last time the source was asked. */
  #sourceFault: PolicyError | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#source = createBundleSource(options.bundle);
  }

  get failure(): PolicyError | undefined {
    return this.#sourceFault ?? this.#refusal;
  }

  async load(): Promise<void> {
    const fetched = await this.#source.load();
    try {
      await this.#activate(fetched);
    } catch (error) {
      await this.#fallBack(PolicyError.from(error, "bundle_load_error"));
      return;
    }
    this.#tellFault(fetched.outdated);
  }

  async watch(): Promise<void> {
    if (!this.#options.bundle.watch) {
      return;
    }
    await this.#source.watch({
      fetched: (fetched) => this.#take(fetched),
      unchanged: () => {
        this.#sourceFault = undefined;
      },
      failed: (fault) => this.#tellFault(fault),
    });
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #tellFault(fault: PolicyError | undefined): void {
    this.#sourceFault = fault;
    if (fault !== undefined) {
      this.#options.onFailed(fault);
    }
  }

  async #take(fetched: Fetched): Promise<void> {
    this.#sourceFault = undefined;
    try {
      await this.#activate(fetched);
      // A broken edit that was taken back is mended too.
      this.#refusal = undefined;
    } catch (error) {
      this.#refusal = PolicyError.from(error, "bundle_load_error");
      this.#options.onFailed(this.#refusal);
    }
  }

  /** Puts in force what was kept; throws the reason where nothing was. */
  async #fallBack(why: PolicyError): Promise<void> {
    const kept = await this.#source.lastKept(why);
    if (kept === undefined) {
      throw why;
    }
    await this.#activate(kept);
    this.#refusal = kept.outdated;
    this.#options.onFailed(kept.outdated ?? why);
  }

  async #activate(fetched: Fetched): Promise<void> {
    const { revisions, host, onLoaded } = this.#options;
    if (fetched.digest !== revisions.current?.digest) {
      const aside = revisions.current !== undefined;
      const revision = await loadRevision(fetched.source, { ...host, aside });
      revisions.swap(revision);
      onLoaded(revision.digest);
    }
    const fault = await this.#source.keep(fetched);
    if (fault !== undefined) {
      this.#options.onNotKept(fault);
    }
  }
}
