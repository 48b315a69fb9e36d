import type { ReplayOptions } from "../../src/server/index.ts";
import { isSource, readServerFolder } from "./build-source.ts";
import type { Arguments } from "./command.ts";
import { loadedOf, readBundles } from "./load-bundles.ts";
import { mergeLoaded } from "./load-paths.ts";
import { regoVersionOf } from "./shared-flags.ts";

/** The Rego and data of bundles, or of one source of the server; `--v0-compatible` as elsewhere. */
export async function loadSubjectDocuments(
  paths: readonly string[],
  args: Arguments,
): Promise<ReplayOptions["documents"]> {
  const [path = ""] = paths;
  const loaded =
    paths.length === 1 && isSource(path)
      ? readServerFolder(path)
      : mergeLoaded(loadedOf(await readBundles(paths, [])));
  return {
    ...loaded,
    regoVersions: loaded.regoVersions ?? {},
    regoVersion: regoVersionOf(args),
  };
}
