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

/** What was given by name, before and now, and the names of bundles that are fetched. */
type Given = {
  readonly before: Documents;
  readonly given: Documents;
  readonly fetched: ReadonlySet<string>;
};

/** What was given before makes way for what is given now; what fetched bundles and the API brought stays. */
export function replaceGiven(
  documents: Documents,
  { before, fetched, given }: Given,
): Documents {
  const bundles = [...documents.bundles].filter(
    ([name]) => !before.bundles.has(name),
  );
  const isFetched = [...documents.bundles.keys()].some((name) =>
    fetched.has(name),
  );
  return {
    modules: replaced(documents.modules, before.modules, given.modules),
    regoVersions: replaced(
      documents.regoVersions,
      before.regoVersions,
      given.regoVersions,
    ),
    bundles: new Map([...bundles, ...given.bundles]),
    // Data of a bundle that was fetched lies among what was given.
    data: isFetched ? documents.data : given.data,
  };
}

/** The members without those of before, and with the new ones. */
function replaced<T>(
  members: Readonly<Record<string, T>>,
  before: Readonly<Record<string, T>>,
  next: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const kept = Object.entries(members).filter(
    ([name]) => !Object.hasOwn(before, name),
  );
  return { ...Object.fromEntries(kept), ...next };
}
