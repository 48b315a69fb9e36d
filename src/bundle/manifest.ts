import { PolicyError } from "../engine/index.ts";
import {
  type ForeignManifest,
  foreignShape,
  moduleFile,
  signerKey,
} from "./foreign-manifest.ts";
import type { SourceFiles } from "./read-directory.ts";
import { readPlacedSettings } from "./read-settings.ts";
import {
  choice,
  type Group,
  group,
  list,
  optional,
  text,
  whole,
} from "./setting.ts";

/** Whether a guard's denial counts. */
export type GuardMode = "enforce" | "monitor" | "off";

/** What one evaluation of a guard may use. */
export type GuardLimits = {
  readonly fuel: number;
  readonly memoryPages: number;
  readonly deadlineMs: number;
};

/** One entry of guards/pipeline.yaml. */
export type GuardStep = {
  readonly guard: string;
  readonly mode: GuardMode;
  /** `allow` counts a failed guard as passed, `skip` as not there. */
  readonly onError: "deny" | "allow" | "skip";
  readonly onUndefined: "deny" | "allow" | "skip";
  readonly limits: GuardLimits;
  /** Whose signature a foreign guard must have, whatever its manifest says. */
  readonly signer?: string | undefined;
};

/** What guards/<name>/guard.yaml says about a guard. */
export type GuardManifest = {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly entrypoint: string;
  readonly reads: readonly string[];
  /** Of a guard that was compiled elsewhere; undefined of one in Rego. */
  readonly module: ForeignManifest | undefined;
};

/** Where the order of the guards is written. */
export const pipelineFile = "guards/pipeline.yaml";

/** The words for a guard's mode. */
export const guardModes = ["enforce", "monitor", "off"] as const;

const outcomes = ["deny", "allow", "skip"] as const;

/** How a guard may be named. */
export const guardName = {
  pattern: /^[a-z][a-z0-9_]*$/,
  expected: "a guard's name (snake_case)",
};

const limits: Group<GuardLimits> = group("what one evaluation may use", {
  // A shipped guard needs well under a tenth of each.
  fuel: whole("units of work: function entries and loop turns", {
    fallback: 5_000_000,
    least: 1,
  }),
  memoryPages: whole("memory in pages of 64 KiB", {
    fallback: 256,
    least: 8,
    greatest: 65_536,
  }),
  deadlineMs: whole("milliseconds", { fallback: 20, least: 1 }),
});

/** The table of guards/pipeline.yaml. */
export const pipelineShape: Group<{ pipeline: readonly GuardStep[] }> = group(
  "the order in which the guards judge a request",
  {
    pipeline: list(
      "the guards, first to last; the first denial ends it",
      group<GuardStep>("one guard", {
        guard: text("the folder's name below guards/", guardName),
        mode: choice("whether its denial counts", guardModes, "enforce"),
        onError: choice("when it fails", outcomes, "deny"),
        onUndefined: choice("when it gives no verdict", outcomes, "deny"),
        limits,
        signer: signerKey,
      }),
    ),
  },
);

/** The table of guards/<name>/guard.yaml. */
export const manifestShape: Group<GuardManifest> = group("a guard", {
  name: text("its folder's name", guardName),
  description: text("what it denies and why", { fallback: "" }),
  version: text("its version", { fallback: "" }),
  entrypoint: text(
    "the path of its verdict rule: guards/<name>/verdict, or one of its module's",
    { fallback: "" },
  ),
  module: optional(foreignShape),
  reads: list("what it reads of the request, for people", text("a path"), []),
});

/** The pipeline of a source; an absent, empty or inconsistent one is refused. */
export function readPipeline(source: SourceFiles): readonly GuardStep[] {
  const file = source.files.get(pipelineFile);
  if (file === undefined) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${pipelineFile}\` is missing: without an order of guards nothing can be allowed`,
    );
  }
  const {
    locate,
    settings: { pipeline },
  } = readPlacedSettings(pipelineShape, {
    text: file,
    file: pipelineFile,
    code: "guard_manifest_error",
  });
  if (pipeline.length === 0) {
    throw new PolicyError(
      "guard_manifest_error",
      "the pipeline is empty: without a guard nothing can be allowed",
      { location: locate(["pipeline"]) },
    );
  }
  for (const [index, { guard }] of pipeline.entries()) {
    const location = locate(["pipeline", index, "guard"]);
    if (pipeline.findIndex((step) => step.guard === guard) !== index) {
      throw new PolicyError(
        "guard_manifest_error",
        `guard \`${guard}\` stands in the pipeline twice`,
        { location },
      );
    }
    if (!hasPolicy(source, guard)) {
      throw new PolicyError(
        "guard_manifest_error",
        `there is neither a Rego file nor ${moduleFile} in \`guards/${guard}/\``,
        { location },
      );
    }
  }
  return pipeline;
}

/** The manifests of all guards that have one, in pipeline order. */
export function readManifests(
  source: SourceFiles,
  pipeline: readonly GuardStep[],
): readonly GuardManifest[] {
  return pipeline.flatMap(({ guard }) => {
    const name = `guards/${guard}/guard.yaml`;
    const file = source.files.get(name);
    return file === undefined ? [] : [readManifest(source, file, guard)];
  });
}

function readManifest(
  source: SourceFiles,
  file: string,
  guard: string,
): GuardManifest {
  const { locate, settings: manifest } = readPlacedSettings(manifestShape, {
    text: file,
    file: `guards/${guard}/guard.yaml`,
    code: "guard_manifest_error",
  });
  if (manifest.name !== guard) {
    throw new PolicyError(
      "guard_manifest_error",
      `\`name\` must be the folder's name \`${guard}\`, not \`${manifest.name}\``,
      { location: locate(["name"]) },
    );
  }
  if (manifest.module !== undefined) {
    if (hasRego(source, guard)) {
      throw new PolicyError(
        "guard_manifest_error",
        `guard \`${guard}\` has Rego beside its \`module\`: it can be one of them`,
        { location: locate(["module"]) },
      );
    }
    return manifest;
  }
  const entrypoint = `guards/${guard}/verdict`;
  if (manifest.entrypoint !== "" && manifest.entrypoint !== entrypoint) {
    throw new PolicyError(
      "guard_manifest_error",
      `\`entrypoint\` must be \`${entrypoint}\`, not \`${manifest.entrypoint}\``,
      { location: locate(["entrypoint"]) },
    );
  }
  return { ...manifest, entrypoint };
}

function hasPolicy(source: SourceFiles, guard: string): boolean {
  return (
    source.guardModules.has(`guards/${guard}/${moduleFile}`) ||
    hasRego(source, guard)
  );
}

function hasRego(source: SourceFiles, guard: string): boolean {
  return Object.keys(source.modules).some(
    (file) => file.startsWith(`guards/${guard}/`) && !isTestFile(file),
  );
}

/** Tests lie beside policies but are no part of a revision. */
export function isTestFile(file: string): boolean {
  return file.endsWith("_test.rego");
}
