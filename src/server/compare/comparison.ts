import type { Revision } from "../../bundle/index.ts";
import { createMemoryStore } from "../budget/memory-store.ts";
import { checkOptions, type ServerConfig } from "../config.ts";
import type { Checker } from "../ext-authz/check.ts";
import { createModes } from "../pipeline/modes.ts";
import type { CompareSettings } from "./compare-settings.ts";
import { createComparingChecker, type Mark } from "./comparing-checker.ts";
import { createGrpcReference } from "./grpc-reference.ts";
import {
  type CompareListener,
  type CompareReport,
  Observations,
} from "./observations.ts";
import { createOpaReference } from "./opa-reference.ts";
import type { Reference } from "./reference.ts";
import { createRevisionReference } from "./revision-reference.ts";

/** Ours held against a reference. */
export type Comparison = {
  readonly checker: Checker;
  report(): CompareReport;
  close(): Promise<void> | void;
};

type ComparisonOptions = {
  readonly config: ServerConfig;
  readonly settings: CompareSettings;
  /** Ours; see ComparingChecker. */
  readonly createNative: (mark: Mark) => Checker;
  readonly listener: CompareListener;
  /** Loads another source of guards, where the reference is one. */
  readonly loadReference: (source: string) => Promise<Revision>;
  /** A number from 0 to 1 for each check. */
  readonly draw?: () => number;
};

/** Reaches the reference, and makes the checker that asks it. */
export async function createComparison(
  given: ComparisonOptions,
): Promise<Comparison> {
  const { config, createNative, draw, settings } = given;
  const options = checkOptions(config);
  const reference = await createReference(given);
  const observations = new Observations(given.listener);
  return {
    checker: createComparingChecker({
      settings,
      reference,
      observations,
      createNative,
      options,
      ...(draw && { draw }),
    }),
    report: () => observations.report(),
    close: () => reference.close(),
  };
}

async function createReference({
  config,
  loadReference,
  settings,
}: ComparisonOptions): Promise<Reference> {
  const options = checkOptions(config);
  const { reference } = settings;
  switch (reference.kind) {
    case "grpc":
      return createGrpcReference(settings);
    case "opa":
      return createOpaReference({ ...settings, options });
    case "revision":
      return createRevisionReference({
        options,
        revision: await loadReference(reference.address),
        budget: createMemoryStore(config.budget),
        modes: createModes(config.pipeline),
      });
  }
}
