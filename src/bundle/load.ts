import { hostBuiltins } from "../builtins/index.ts";
import {
  compile,
  type HostBuiltin,
  loadPolicy,
  type Policy,
  PolicyError,
} from "../engine/index.ts";
import { digestFiles } from "./digest.ts";
import {
  type GuardManifest,
  type GuardStep,
  isTestFile,
  readManifests,
  readPipeline,
} from "./manifest.ts";
import type { SourceFiles } from "./read-directory.ts";
import { selfTest } from "./self-test.ts";

/** A source that was compiled and has passed its self-test; never changes. */
export type Revision = {
  /** SHA-256 over the sorted names and contents of its files. */
  readonly digest: string;
  readonly policy: Policy;
  readonly pipeline: readonly GuardStep[];
  readonly manifests: readonly GuardManifest[];
};

/** The entrypoint that names the caller for the record; undefined without an identity guard. */
export const subjectEntrypoint = "portcullis/host/subject";

const faultsEntrypoint = "portcullis/host/config_errors";

/**
 * Compiles a source, looks for its own complaints and self-tests every guard.
 * `builtins` are those that the host has beside OPA's.
 */
export async function loadRevision(
  source: SourceFiles,
  builtins: readonly HostBuiltin[] = [],
): Promise<Revision> {
  const pipeline = readPipeline(source);
  const manifests = readManifests(source, pipeline);
  const policy = await compileSource(source, pipeline, builtins);
  checkConfiguration(policy);
  const digest = digestFiles(source.files);
  const revision = { digest, policy, pipeline, manifests };
  selfTest(revision);
  return revision;
}

async function compileSource(
  source: SourceFiles,
  pipeline: readonly GuardStep[],
  builtins: readonly HostBuiltin[],
): Promise<Policy> {
  const modules = Object.entries(source.modules).filter(
    ([file]) => !isTestFile(file),
  );
  const compiled = compile({
    builtins,
    modules: {
      ...Object.fromEntries(modules),
      [hostFile]: hostModule(pipeline),
    },
    entrypoints: [
      ...pipeline.map(({ guard }) => `guards/${guard}/verdict`),
      subjectEntrypoint,
      faultsEntrypoint,
    ],
  });
  if ("errors" in compiled) {
    throw foldErrors(compiled.errors);
  }
  return loadPolicy(compiled.policy.wasm, {
    data: source.data,
    builtins: [...hostBuiltins, ...builtins],
  });
}

/** The first error, with the texts of all in its message. */
function foldErrors(errors: readonly PolicyError[]): PolicyError {
  const [first, ...others] = errors;
  if (!first) {
    return new PolicyError(
      "internal_error",
      "a compilation failed without an error",
    );
  }
  if (others.length === 0) {
    return first;
  }
  const rest = others.map(({ message }) => message).join("; ");
  return new PolicyError(first.code, `${first.rawMessage}; ${rest}`, {
    location: first.location,
    cause: first,
  });
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
function checkConfiguration(policy: Policy): void {
  const faults = policy.evaluate({}, { entrypoint: faultsEntrypoint });
  if (Array.isArray(faults) && faults.length > 0) {
    throw new PolicyError("bundle_load_error", faults.map(String).join("; "));
  }
}
