import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { watch } from "chokidar";
import {
  type Bundle,
  readArchiveBundle,
  readBundle,
  readIfThere,
  replaceFile,
  type Verification,
} from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { BundleConfig, KeyConfig } from "../opa-config/services-config.ts";
import type { ServiceClient } from "./service-client.ts";

/** Fetches one bundle again and again. */
export type BundleFeed = {
  /** Puts in force what was kept of it, if anything was; false when that did not go. */
  restore(): Promise<boolean>;
  /** Fetches it for the first time, then goes on; never rejects. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export type FeedOptions = {
  readonly name: string;
  readonly config: BundleConfig;
  readonly keys: ReadonlyMap<string, KeyConfig>;
  readonly service: ServiceClient | undefined;
  /** Puts a bundle in force; rejects with what is wrong with it. */
  readonly activate: (
    name: string,
    bundle: Bundle,
    from: "service" | "disk",
  ) => Promise<void>;
  /** Hears why it could not be kept, or what was kept not be used. */
  readonly onDiskFault: (name: string, fault: PolicyError) => void;
  /** Hears of each fetch: what went wrong, or undefined. */
  readonly onFetched: (name: string, failure: PolicyError | undefined) => void;
};

export function createBundleFeed(options: FeedOptions): BundleFeed {
  const { config, service } = options;
  return service === undefined
    ? createFileFeed(options)
    : createRemoteFeed(options, service, config);
}

function createFileFeed(options: FeedOptions): BundleFeed {
  const path = toPath(options.config.resource);
  const load = () => attempt(options, () => readBundle(path, verify(options)));
  const watcher = watch(path, { ignoreInitial: true, persistent: true });
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  return {
    // The disk is its own copy.
    restore: async () => true,
    start: async () => {
      watcher.on("all", () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          running = running.then(load);
        }, quietMs);
      });
      await load();
    },
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await running;
    },
  };
}

// How long it must be quiet before a change counts.
const quietMs = 100;

function toPath(resource: string): string {
  try {
    return fileURLToPath(resource);
  } catch {
    // `file://relative` is none for a URL, but OPA takes it.
    return resource.slice("file://".length);
  }
}

function verify({ config, keys, name }: FeedOptions): {
  readonly verification: Verification | undefined;
} {
  const { signing } = config;
  if (signing === undefined) {
    return { verification: undefined };
  }
  if (signing.keyId !== undefined && !keys.has(signing.keyId)) {
    throw new PolicyError(
      "server_config_error",
      `bundle \`${name}\` is to be signed by the key \`${signing.keyId}\`, which \`keys\` does not have`,
    );
  }
  return {
    verification: {
      keys,
      keyId: signing.keyId,
      scope: signing.scope,
      isExcluded: (file) => signing.excludeFiles.includes(file),
    },
  };
}

/** One fetch with its activation; never rejects. */
async function attempt(
  { activate, name, onFetched }: FeedOptions,
  fetch: () => Promise<Bundle | undefined>,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const bundle = await fetch();
    if (bundle) {
      await activate(name, bundle, "service");
    }
    onFetched(name, undefined);
    return true;
  } catch (error) {
    if (signal?.aborted) {
      // Whoever closed the feed wants no answer any more.
      return false;
    }
    onFetched(name, PolicyError.from(error, "bundle_load_error"));
    return false;
  }
}

function createRemoteFeed(
  options: FeedOptions,
  service: ServiceClient,
  { polling, resource }: BundleConfig,
): BundleFeed {
  const remote = service.remote(resource, polling.longPollMs);
  const abort = new AbortController();
  let known: string | undefined;
  /** A snapshot on its way into force. */
  let arrived: Uint8Array | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const fetch = async (): Promise<Bundle | undefined> => {
    const isKnown = known !== undefined;
    const delivery = await remote.fetch({
      known,
      waits: isKnown,
      takesDelta: isKnown,
      signal: abort.signal,
    });
    if (delivery === "unchanged") {
      return undefined;
    }
    const bundle = await readArchiveBundle(delivery.from, delivery.archive, {
      ...verify(options),
      takesDelta: isKnown,
    });
    known = delivery.validator;
    arrived = bundle.patch ? undefined : delivery.archive;
    return bundle;
  };
  const poll = async (): Promise<void> => {
    const asked = performance.now();
    arrived = undefined;
    const isFine = await attempt(options, fetch, abort.signal);
    if (isFine && arrived) {
      await keep(options, arrived);
    }
    // What could not be activated is asked for again.
    known = isFine ? known : undefined;
    failures = isFine ? 0 : failures + 1;
    if (!abort.signal.aborted) {
      const tookMs = performance.now() - asked;
      const waitMs =
        failures === 0 && remote.canWait
          ? Math.max(0, leastPollMs - tookMs)
          : delayOf(polling, failures);
      timer = setTimeout(() => {
        running = poll();
      }, waitMs);
    }
  };
  return {
    restore: () => restore(options),
    start: () => {
      running = poll();
      return running;
    },
    close: async () => {
      clearTimeout(timer);
      abort.abort();
      await running;
    },
  };
}

/** As OPA keeps it: the archive as it came. A delta is not kept. */
async function keep(
  { config: { keptFile }, name, onDiskFault }: FeedOptions,
  archive: Uint8Array,
): Promise<void> {
  if (keptFile === undefined) {
    return;
  }
  try {
    await mkdir(dirname(keptFile), { recursive: true });
    await replaceFile(keptFile, [archive], 0o600);
  } catch (error) {
    onDiskFault(name, PolicyError.from(error, "bundle_load_error"));
  }
}

async function restore(options: FeedOptions): Promise<boolean> {
  const { activate, config, name, onDiskFault } = options;
  const { keptFile } = config;
  try {
    const archive = keptFile && (await readIfThere(keptFile));
    if (keptFile && archive) {
      // Verified anew: whoever wrote it need not be who signed it.
      const bundle = await readArchiveBundle(
        keptFile,
        archive,
        verify(options),
      );
      await activate(name, bundle, "disk");
    }
    return true;
  } catch (error) {
    onDiskFault(name, PolicyError.from(error, "bundle_load_error"));
    return false;
  }
}

const firstRetryMs = 100;

// A server that does not wait though it says so is asked no oftener than this.
const leastPollMs = 1000;

function delayOf(
  { maxMs, minMs }: BundleConfig["polling"],
  failures: number,
): number {
  return failures === 0
    ? minMs + Math.random() * (maxMs - minMs)
    : Math.min(firstRetryMs * 2 ** failures, maxMs);
}
