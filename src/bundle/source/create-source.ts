import { createBundleCache } from "./bundle-cache.ts";
import { type BundleReader, readBundleSource } from "./bundle-reader.ts";
import type { BundleSettings } from "./bundle-settings.ts";
import type { BundleSource } from "./bundle-source.ts";
import { createRemote, schemeOf } from "./create-remote.ts";
import { createFileSource } from "./file-source.ts";
import { wrongSettings } from "./read-remote-settings.ts";
import { readTrust } from "./read-trust.ts";
import { createRemoteSource } from "./remote-source.ts";

/** The source that the settings name; throws what is wrong with them. */
export function createBundleSource(
  settings: BundleSettings,
  read: BundleReader = readBundleSource,
): BundleSource {
  const { source, polling, cache, signature, remote } = settings;
  const isRemote = schemeOf(source) !== undefined;
  const trust = readTrust(signature, isRemote);
  if (!isRemote) {
    return createFileSource({ ...settings, trust, read });
  }
  if (polling.maxMs < polling.minMs) {
    throw wrongSettings("`bundle.polling.maxMs` must be no less than `minMs`");
  }
  return createRemoteSource({
    remote: createRemote({
      source,
      remote,
      longPollMs: polling.longPollMs,
      wantsSignatures: trust.verification !== undefined,
    }),
    trust,
    read,
    polling,
    cache: cache === undefined ? undefined : createBundleCache(cache),
  });
}
