import { setImmediate } from "node:timers/promises";
import { hostBuiltins } from "../builtins/index.ts";
import {
  type ForeignGuard,
  type HostBuiltin,
  loadPolicy,
  type NetworkPolicy,
  type Policy,
  PolicyError,
  type PolicyOptions,
} from "../engine/index.ts";
import { checkRulePlaces, type PlacedRules } from "./check-rule-places.ts";
import type { CompileJob } from "./compile-source.ts";
import { digestFiles } from "./digest.ts";
import { loadForeignGuards } from "./load-foreign.ts";
import {
  type GuardManifest,
  type GuardStep,
  isTestFile,
  readManifests,
  readPipeline,
} from "./manifest.ts";
import { createModuleCache, type ModuleCache } from "./module-cache.ts";
import type { SourceFiles } from "./read-directory.ts";
import { selfTest } from "./self-test.ts";
import { ownWorkshop, type Workshop } from "./workshop.ts";

/** A source that was compiled and has passed its self-test; never changes. */
export type Revision = {
  /** SHA-256 over the sorted names and contents of its files. */
  readonly digest: string;
  readonly policy: Policy;
  /** A guard calls a builtin that answers later: only asynchronous evaluations have a value. */
  readonly answersLater: boolean;
  readonly pipeline: readonly GuardStep[];
  readonly manifests: readonly GuardManifest[];
  /** By name the guards that were compiled elsewhere. */
  readonly foreign: ReadonlyMap<string, ForeignGuard>;
};

/** The entrypoint that names the caller for the record; undefined without an identity guard. */
export const subjectEntrypoint = "portcullis/host/subject";

const faultsEntrypoint = "portcullis/host/config_errors";

/** What the host gives the policies of a revision. */
export type HostOptions = {
  /** Builtins beside OPA's. */
  readonly builtins?: readonly HostBuiltin[];
  /** The hosts that `http.send` and `net.lookup_ip_addr` may reach; none by default. */
  readonly network?: NetworkPolicy;
  /** Nanoseconds since 1970; the machine's clock by default. */
  readonly clock?: () => bigint;
};

/** How a revision is made. */
export type LoadOptions = HostOptions & {
  /** Who does the heavy steps: this thread by default. */
  readonly workshop?: Workshop;
  /** Where modules are kept that were compiled before. */
  readonly modules?: ModuleCache;
  /** The revision's digest, where it is not that of the files. */
  readonly digest?: string;
  /** Hears which step begins. */
  readonly onStep?: (step: LoadStep) => void;
};

/** The steps of making a revision, in their order. */
type LoadStep = "verify" | "compile" | "self_test";

/** Compiles a source, looks for its own complaints and self-tests every guard. */
export async function loadRevision(
  source: SourceFiles,
  options: LoadOptions = {},
): Promise<Revision> {
  const { onStep = () => {} } = options;
  onStep("verify");
  const steps = readPipeline(source);
  const manifests = readManifests(source, steps);
  const { foreign, pipeline } = await loadForeignGuards(
    source,
    steps,
    manifests,
  );
  onStep("compile");
  const { answersLater, policy } = await compilePolicy(
    source,
    pipeline.filter(({ guard }) => !foreign.has(guard)),
    options,
  );
  onStep("self_test");
  await checkConfiguration(policy);
  const digest = options.digest ?? digestFiles(source.files);
  const revision = {
    digest,
    policy,
    answersLater,
    pipeline,
    manifests,
    foreign,
  };
  await selfTest(revision);
  return revision;
}

async function compilePolicy(
  source: SourceFiles,
  pipeline: readonly GuardStep[],
  options: LoadOptions,
): Promise<Pick<Revision, "answersLater" | "policy">> {
  const { modules = createModuleCache({ size: 0 }), workshop = ownWorkshop } =
    options;
  const job = toJob(source, pipeline, options);
  const ready = await modules.take(job, workshop.compile);
  await checkPlaces({ places: ready.places, data: source.data }, workshop);
  const builtins = [...hostBuiltins, ...(options.builtins ?? [])];
  const policy = await loadPolicy(ready.module, {
    ...(await readData(source, ready.module, workshop)),
    builtins,
    ...(options.network && { network: options.network }),
    ...(options.clock && { clock: options.clock }),
  });
  const answersLater = builtins.some(
    ({ name, answersLater: later }) =>
      later === true && ready.hostBuiltins.includes(name),
  );
  return { answersLater, policy };
}

/** Data that another thread has read is looked through there. */
async function checkPlaces(rules: PlacedRules, workshop: Workshop) {
  if (rules.data instanceof Uint8Array) {
    await workshop.places(rules);
  } else {
    checkRulePlaces(rules);
  }
}

/** Data that another thread has read is laid out there too, and copied in slices. */
async function readData(
  { data }: SourceFiles,
  module: WebAssembly.Module,
  workshop: Workshop,
): Promise<Pick<PolicyOptions, "data" | "image" | "pause">> {
  return data instanceof Uint8Array
    ? {
        image: await workshop.image({ module, json: data }),
        pause: setImmediate,
      }
    : { data };
}

function toJob(
  source: SourceFiles,
  pipeline: readonly GuardStep[],
  { builtins = [] }: HostOptions,
): CompileJob {
  const modules = Object.entries(source.modules).filter(
    ([file]) => !isTestFile(file),
  );
  return {
    // Without what they run: a function cannot go to another thread.
    builtins: builtins.map(({ name, decl }) => ({
      name,
      ...(decl && { decl }),
    })),
    modules: {
      ...Object.fromEntries(modules),
      [hostFile]: hostModule(pipeline),
    },
    entrypoints: [
      ...pipeline.map(({ guard }) => `guards/${guard}/verdict`),
      subjectEntrypoint,
      faultsEntrypoint,
    ],
  };
}

const hostFile = "portcullis/host.rego";

/**
 * What the host asks beside the verdicts. Written as Rego, so that a guard
 * without these rules is simply undefined there.
 */
function hostModule(pipeline: readonly GuardStep[]): string {
  const complaints = pipeline.map(
    ({ guard }) =>
      `config_errors contains fault if some fault in data.guards.${guard}.config_errors`,
  );
  return [
    "package portcullis.host",
    "subject := data.guards.identity.subject",
    ...complaints,
    "",
  ].join("\n\n");
}

/** A guard's `config_errors` are faults of the data it reads. */
async function checkConfiguration(policy: Policy): Promise<void> {
  const faults = await policy.evaluateAsync(
    {},
    { entrypoint: faultsEntrypoint },
  );
  if (Array.isArray(faults) && faults.length > 0) {
    throw new PolicyError("bundle_load_error", faults.map(String).join("; "));
  }
}
