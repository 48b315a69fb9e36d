import {
  digestFiles,
  type HostOptions,
  loadRevision,
  type RevisionStore,
  readSource,
  type Watcher,
  watchSource,
} from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import type { ServerConfig } from "./config.ts";

/** Keeps the store at what the source says. */
export type Reloader = {
  /** The last load's fault; undefined when it went well. */
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
};

/** A reloader of one source. */
export function createReloader(options: ReloaderOptions): Reloader {
  return new SourceReloader(options);
}

class SourceReloader implements Reloader {
  readonly #options: ReloaderOptions;
  #failure: PolicyError | undefined;
  #watcher: Watcher | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  get failure(): PolicyError | undefined {
    return this.#failure;
  }

  async load(): Promise<void> {
    const { bundle, revisions, host, onLoaded } = this.#options;
    const source = await readSource(bundle.source);
    if (digestFiles(source.files) !== revisions.current?.digest) {
      const aside = revisions.current !== undefined;
      const revision = await loadRevision(source, { ...host, aside });
      revisions.swap(revision);
      onLoaded(revision.digest);
    }
    // A broken edit that was taken back is mended too.
    this.#failure = undefined;
  }

  async watch(): Promise<void> {
    const { source, debounceMs, watch } = this.#options.bundle;
    if (!watch) {
      return;
    }
    const reload = () => this.#reload();
    this.#watcher = await watchSource({
      source,
      debounceMs,
      onChange: reload,
    });
    // An edit between the first load and now has raised no event.
    await reload();
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }

  async #reload(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.#failure = PolicyError.from(error, "bundle_load_error");
      this.#options.onFailed(this.#failure);
    }
  }
}
