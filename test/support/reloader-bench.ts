import {
  type BundleSource,
  createRevisionStore,
  ownWorkshop,
  type Workshop,
} from "../../src/bundle/index.ts";
import type { BundleStatus } from "../../src/server/activation/bundle-status.ts";
import { parseConfig } from "../../src/server/config.ts";
import { createReloader, type Reloader } from "../../src/server/reloader.ts";
import type { MemorySource } from "./memory-source.ts";

const pipeline = "pipeline: [{ guard: gate }]\n";

/** A source whose one guard says this. */
export function guardFiles(verdict: string): Record<string, string> {
  return {
    "guards/pipeline.yaml": pipeline,
    "guards/gate/guard.rego": `package guards.gate\n\n${verdict}\n`,
  };
}

/** A reloader and what it tells. */
export type ReloaderBench<Source = MemorySource> = {
  readonly reloader: Reloader;
  readonly sources: readonly Source[];
  /** What was told, in order: `loaded 1`, `failed compile …`. */
  readonly told: readonly string[];
  readonly statuses: readonly Readonly<Record<string, BundleStatus>>[];
  readonly active: () => string;
};

/** Loads and watches sources, one for each bundle of the settings. */
export async function startReloader<Source extends BundleSource>(
  sources: readonly Source[],
  settings = "",
  workshop: Workshop = ownWorkshop,
): Promise<ReloaderBench<Source>> {
  const told: string[] = [];
  const statuses: Readonly<Record<string, BundleStatus>>[] = [];
  const revisions = createRevisionStore();
  const waiting = [...sources];
  const reloader = createReloader({
    config: parseConfig(settings, "portcullis.yaml"),
    revisions,
    host: {},
    openSource: () => waiting.shift() as Source,
    workshop,
    listener: {
      loaded: ({ digest }, _, changes) =>
        told.push(`loaded ${digest[0]}, ${changes.length} changes`),
      failed: ({ error, stage }) =>
        told.push(`failed ${stage} ${error.message}`),
      rolledBack: ({ from, to }, trigger) =>
        told.push(`rolled back ${trigger} ${from[0]} to ${to[0]}`),
      notKept: (bundle) => told.push(`not kept ${bundle}`),
      cacheFailed: (error) => told.push(`cache ${error.message}`),
      status: (bundles) => statuses.push(bundles),
    },
  });
  await reloader.load();
  await reloader.watch();
  const active = () => revisions.current?.digest[0] ?? "";
  return { reloader, sources, told, statuses, active };
}
