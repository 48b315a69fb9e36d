import { RegoObject } from "../../engine/index.ts";

/** A bundle that is in force. */
export type ActiveBundle = {
  readonly revision: string;
  readonly roots: readonly string[];
};

/** What is served: policies by their id, and the base document. Never changes. */
export type Documents = {
  readonly modules: Readonly<Record<string, string>>;
  /** The version of Rego of policies by id, where it is not the server's. */
  readonly regoVersions: Readonly<Record<string, 0 | 1>>;
  readonly data: RegoObject;
  readonly bundles: ReadonlyMap<string, ActiveBundle>;
};

export const noDocuments: Documents = {
  modules: {},
  regoVersions: {},
  data: RegoObject.of([]),
  bundles: new Map(),
};
