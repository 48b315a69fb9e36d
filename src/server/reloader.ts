import {
  type BundleReader,
  type BundleSource,
  createBundleSource,
  createWorkshop,
  type Fetched,
  type HostOptions,
  type ModuleCache,
  ownWorkshop,
  type Revision,
  type RevisionStore,
  type Workshop,
} from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import {
  type Contents,
  contentsOf,
  digestOf,
  digestsOf,
  hasOtherManifest,
  keepActive,
  patched,
  revisionOf,
  sourcesOf,
} from "./activation/bundle-contents.ts";
import { type BundlePart, createBundlePart } from "./activation/bundle-part.ts";
import {
  bundlesOf,
  enterForce,
  fetchFirst,
  staleFault,
  wasRolledBack,
} from "./activation/bundle-state.ts";
import type { BundleStatus, Failure } from "./activation/bundle-status.ts";
import { openCacheFolder } from "./activation/cache-folder.ts";
import type { VerdictChange } from "./activation/canary.ts";
import { type BurstWatch, createBurstWatch } from "./activation/error-burst.ts";
import {
  createHistory,
  type History,
  type RevisionChange,
  type RolledBack,
} from "./activation/history.ts";
import { prepareRevision } from "./activation/prepare-revision.ts";
import type { RolledBackFile } from "./activation/rolled-back-file.ts";
import {
  type Stage,
  type StageClock,
  startStageClock,
} from "./activation/stage-clock.ts";
import type { BundleConfig, ServerConfig } from "./config.ts";
import type { Outcome } from "./pipeline/verdict.ts";

/** Keeps the store at what the sources say. */
export type Reloader = {
  /** The last thing that went wrong, if it is not mended. */
  readonly failure: Failure | undefined;
  readonly bundles: readonly BundlePart[];
  readonly history: History;
  /** Why no check may be answered by what is in force; undefined when it may. */
  readonly refusal: PolicyError | undefined;
  /** Loads the sources and swaps them in; throws what is wrong with them. */
  load(): Promise<void>;
  watch(): Promise<void>;
  /** Takes note of a check: a burst of failures takes the revision back. */
  note(outcome: Outcome): void;
  /** Goes back to an earlier revision; throws when there is none. */
  rollBack(to?: string): RolledBack;
  /** Takes again what was rolled back; rejects when nothing was, or why it cannot be taken. */
  undoRollback(): Promise<RevisionChange>;
  close(): Promise<void>;
};

/** Who is told what happens. */
export type ReloadListener = {
  readonly loaded: (
    revision: Revision,
    clock: StageClock,
    changes: readonly VerdictChange[],
  ) => void;
  /** The revision in force stays in force. */
  readonly failed: (failure: Failure) => void;
  readonly rolledBack: (
    change: RolledBack,
    trigger: "automatic" | "command",
  ) => void;
  /** A start without the network will not find what is in force. */
  readonly notKept: (bundle: string, error: PolicyError) => void;
  /** A module could not be kept on disk, or read from there. */
  readonly cacheFailed: (error: Error) => void;
  /** Something above is to be told to others. */
  readonly status: (bundles: Readonly<Record<string, BundleStatus>>) => void;
};

type ReloaderOptions = {
  readonly config: ServerConfig;
  readonly revisions: RevisionStore;
  /** What policies may call and reach. */
  readonly host: HostOptions;
  readonly listener: ReloadListener;
  /** The source that a configuration names; tests bring their own. */
  readonly openSource?: (
    config: BundleConfig,
    read: BundleReader,
  ) => BundleSource;
  /** Who does the heavy steps while checks go on: a thread by default. */
  readonly workshop?: Workshop;
};

/** A reloader of all configured bundles. */
export function createReloader(options: ReloaderOptions): Reloader {
  return new BundleReloader(options);
}

class BundleReloader implements Reloader {
  readonly bundles: readonly BundlePart[];
  readonly history: History;
  readonly #options: ReloaderOptions;
  readonly #modules: ModuleCache;
  readonly #burst: BurstWatch;
  readonly #aside: Workshop;
  /** Undefined where nothing is kept for the next start. */
  readonly #rolledBack: RolledBackFile | undefined;
  /** Activations go one after another, for each builds on the one before. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    const { config, listener, revisions } = options;
    const { blocklist, history, rollback } = config.activation;
    this.#options = options;
    const { openSource = createBundleSource, workshop = createWorkshop() } =
      options;
    this.#aside = workshop;
    const read: BundleReader = (reading) => this.#workshop.read(reading);
    this.bundles = bundlesOf(config).map(([name, one]) =>
      createBundlePart(name, one, openSource(one, read)),
    );
    const kept = openCacheFolder(config, listener.cacheFailed);
    this.#modules = kept.modules;
    this.#rolledBack = kept.rolledBack;
    this.history = createHistory({
      revisions,
      size: history,
      blocklist,
      onRolledBack: (digests) => {
        void this.#rolledBack?.write(digests);
      },
    });
    this.#burst = createBurstWatch(rollback);
  }

  get failure(): Failure | undefined {
    const failures = this.bundles.flatMap(({ keeper }) => keeper.failure ?? []);
    return failures.sort((a, b) => b.at.getTime() - a.at.getTime())[0];
  }

  get refusal(): PolicyError | undefined {
    const stale = this.bundles.find(
      ({ config, freshness }) => config.onStale === "stop" && freshness.isStale,
    );
    return stale && staleFault(stale);
  }

  async load(): Promise<void> {
    const clock = startStageClock("download");
    this.history.restore((await this.#rolledBack?.read()) ?? []);
    await Promise.all(this.bundles.map(fetchFirst));
    try {
      await this.#activate(clock);
    } catch (error) {
      await this.#fallBack(PolicyError.from(error, "bundle_load_error"), clock);
      return;
    }
    for (const part of this.bundles) {
      if (part.active?.outdated) {
        this.#refuse(part, "download", part.active.outdated);
      }
    }
  }

  /** Puts in force what was kept of the bundles; throws the reason where nothing was. */
  async #fallBack(why: PolicyError, clock: StageClock): Promise<void> {
    const { stage } = clock;
    const latest = contentsOf(this.bundles, () => true);
    const isRolledBack = this.#isRolledBack(latest);
    const contents = new Map(latest);
    const copied: BundlePart[] = [];
    for (const part of this.bundles) {
      const copy = await part.source.lastKept(why);
      if (copy) {
        contents.set(part.name, copy);
        copied.push(part);
      }
    }
    if (copied.length === 0) {
      throw why;
    }
    clock.enter("verify");
    await this.#bringIn(contents, clock);
    for (const part of copied) {
      if (isRolledBack) {
        this.#takeBack(part, part.active?.outdated ?? why);
      } else {
        this.#refuse(part, stage, part.active?.outdated ?? why);
      }
    }
  }

  #isRolledBack(contents: Contents): boolean {
    const digests = digestsOf(contents);
    return this.history.rolledBack.some(({ digest }) =>
      digests.includes(digest),
    );
  }

  /** A bundle's source holds what was rolled back: that does not make the one in force older. */
  #takeBack(part: BundlePart, fault: PolicyError): void {
    part.freshness.confirm();
    this.#options.listener.failed(part.keeper.failed(undefined, fault));
    this.#tell();
  }

  async watch(): Promise<void> {
    const watched = this.bundles.filter(({ config }) => config.watch);
    await Promise.all(
      watched.map((part) =>
        part.source.watch({
          fetched: (fetched) => this.#enqueue(part, fetched),
          unchanged: () => this.#confirm(part),
          failed: (error) => {
            part.keeper.requested(false);
            this.#refuse(part, "download", error);
          },
        }),
      ),
    );
  }

  note(outcome: Outcome): void {
    if (this.#burst.note(outcome)) {
      const { failures, windowMs } = this.#options.config.activation.rollback;
      const reason = `${failures} failures of guards in ${windowMs / 1_000} s`;
      this.#goBack("automatic", reason);
    }
  }

  rollBack(to?: string): RolledBack {
    return this.#goBack("command", "asked for by command", to);
  }

  async undoRollback(): Promise<RevisionChange> {
    const from = this.#digest;
    if (this.history.rolledBack.length === 0) {
      throw new PolicyError("server_request_error", "nothing is rolled back");
    }
    this.history.forgive();
    this.#queue = this.#queue.then(() => this.#takeLatest());
    await this.#queue;
    const { failure } = this;
    if (failure && this.#digest === from) {
      throw new PolicyError("server_request_error", failure.error.message);
    }
    return { from, to: this.#digest };
  }

  async close(): Promise<void> {
    await Promise.all(this.bundles.map(({ source }) => source.close()));
    await this.#queue;
    await this.#rolledBack?.write(this.history.rolledBack);
    await this.#aside.close();
  }

  get #digest(): string {
    return this.#options.revisions.current?.digest ?? "";
  }

  /** Without checks to answer, a thread only costs its start. */
  get #workshop(): Workshop {
    return this.#options.revisions.current ? this.#aside : ownWorkshop;
  }

  #enqueue(part: BundlePart, fetched: Fetched): Promise<void> {
    this.#queue = this.#queue.then(() => this.#take(part, fetched));
    return this.#queue;
  }

  async #take(part: BundlePart, fetched: Fetched): Promise<void> {
    const isDelta = fetched.source.patch !== undefined;
    if (isDelta && fetched.digest === part.delta) {
      this.#confirm(part);
      return;
    }
    part.delta = isDelta ? fetched.digest : undefined;
    part.latest = fetched;
    part.keeper.requested(true);
    part.keeper.downloaded(isDelta ? "delta" : "snapshot");
    const clock = startStageClock("verify");
    try {
      if (isDelta) {
        part.latest = await this.#patched(part, fetched);
      }
      await this.#activate(clock, part);
    } catch (error) {
      const fault = PolicyError.from(error, "bundle_load_error");
      if (isDelta) {
        // The next one would build on it: only a snapshot can follow.
        part.source.forget();
      }
      if (fault.code === "bundle_blocked_error" && wasRolledBack(part)) {
        // The source only says again what was taken back.
        this.#confirm(part);
      } else {
        this.#refuse(part, clock.stage, fault);
      }
    }
  }

  #patched(part: BundlePart, delta: Fetched): Promise<Fetched> {
    if (wasRolledBack(part)) {
      throw new PolicyError(
        "bundle_load_error",
        "a delta bundle (patch.json) cannot change what was rolled back: a snapshot must come first",
      );
    }
    return patched(part.active, delta, this.#workshop);
  }

  /** What the sources last gave, whatever became of it before. */
  async #takeLatest(): Promise<void> {
    const clock = startStageClock("verify");
    try {
      await this.#activate(clock);
    } catch (error) {
      const fault = PolicyError.from(error, "bundle_load_error");
      for (const part of this.bundles) {
        if (part.latest !== part.active) {
          this.#refuse(part, clock.stage, fault);
        }
      }
    }
  }

  /**
   * Activates the latest of all bundles together. Where that does not go, the
   * bundle that changed must not wait for another that is broken.
   */
  async #activate(clock: StageClock, changed?: BundlePart): Promise<void> {
    const isPending = (part: BundlePart): boolean =>
      part !== changed && part.latest !== part.active;
    const latest = contentsOf(this.bundles, () => true);
    // A copy tells nothing of what its source holds now.
    if (![...latest.values()].some(({ outdated }) => outdated)) {
      this.history.offered(digestsOf(latest));
    }
    try {
      await this.#bringIn(latest, clock);
    } catch (error) {
      if (!changed || !this.bundles.some(isPending)) {
        throw error;
      }
      clock.enter("verify");
      const contents = contentsOf(this.bundles, (part) => part === changed);
      await this.#bringIn(contents, clock);
    }
  }

  async #bringIn(contents: Contents, clock: StageClock): Promise<void> {
    const { config, host, listener, revisions } = this.#options;
    const digest = digestOf(contents);
    if (digest !== revisions.current?.digest) {
      this.#checkBlocked(contents);
      const { changes, revision } = await prepareRevision(
        { contents, digest },
        {
          config,
          host,
          clock,
          modules: this.#modules,
          workshop: this.#workshop,
          current: revisions.current,
        },
      );
      clock.enter("swap");
      // It may have been rolled back meanwhile.
      this.#checkBlocked(contents);
      this.history.activate({ revision, activatedAt: new Date(), contents });
      this.#burst.begin(digest, this.history.kept.length > 1);
      listener.loaded(revision, clock, changes);
    } else if (this.bundles.some((part) => hasOtherManifest(part, contents))) {
      // The files are the same, and their roots may be others.
      await this.#workshop.join(sourcesOf(contents));
    }
    await this.#adopt(contents, clock);
  }

  #checkBlocked(contents: Contents): void {
    for (const one of digestsOf(contents)) {
      const reason = this.history.blockedBecause(one);
      if (reason !== undefined) {
        throw new PolicyError(
          "bundle_blocked_error",
          `the digest \`${one}\` is not taken: ${reason}`,
        );
      }
    }
  }

  /** Notes what is in force; what is new of it is kept for a start without its source. */
  async #adopt(contents: Contents, clock: StageClock): Promise<void> {
    const isNews = this.bundles.some(
      ({ active, keeper, name }) =>
        keeper.failure !== undefined ||
        active?.digest !== contents.get(name)?.digest,
    );
    const fresh = this.bundles.filter(
      ({ active, name }) => active !== contents.get(name),
    );
    for (const part of this.bundles) {
      enterForce(part, contents.get(part.name), clock);
    }
    if (isNews) {
      this.#tell();
    }
    await this.#keep(fresh);
  }

  #keep(parts: readonly BundlePart[]): Promise<void> {
    return keepActive(parts, this.#options.listener.notKept);
  }

  /** The source was asked and holds what it last gave. */
  #confirm(part: BundlePart): void {
    const before = part.keeper.failure;
    part.keeper.requested(true);
    const { failure } = part.keeper;
    if (failure === undefined || wasRolledBack(part)) {
      part.freshness.confirm();
    }
    if (before !== failure) {
      this.#tell();
    }
  }

  #refuse(part: BundlePart, stage: Stage, error: PolicyError): void {
    // No fault of the bundle's: the same bundle may well go next time.
    if (error.code === "internal_error") {
      part.source.forget();
    }
    part.freshness.doubt();
    const failure = part.keeper.failed(stage, error);
    this.#options.listener.failed(failure);
    this.#tell();
  }

  #goBack(
    trigger: "automatic" | "command",
    reason: string,
    to?: string,
  ): RolledBack {
    const change = this.history.rollBack(reason, to);
    const contents = this.history.kept[0]?.contents ?? new Map();
    // It has proved itself before: there is no second step back by itself.
    this.#burst.begin(change.to, false);
    const fault = new PolicyError(
      "bundle_blocked_error",
      `the revision \`${change.from}\` was rolled back: ${reason}`,
    );
    const changed = this.bundles.filter(
      ({ active, name }) => active !== contents.get(name),
    );
    for (const part of changed) {
      part.active = contents.get(part.name);
      if (part.active) {
        part.keeper.activated(revisionOf(part.active));
      }
      part.keeper.failed(undefined, fault);
    }
    this.#options.listener.rolledBack(change, trigger);
    this.#tell();
    this.#queue = this.#queue.then(() => this.#keep(changed));
    return change;
  }

  #tell(): void {
    const statuses = this.bundles.map(({ keeper, name }) => [
      name,
      keeper.status,
    ]);
    this.#options.listener.status(Object.fromEntries(statuses));
  }
}
