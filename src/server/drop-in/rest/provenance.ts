import { opaVersion } from "../../../engine/index.ts";
import type { ActiveBundle } from "../documents.ts";

/** What answered: the version of OPA that is followed, and the bundles in force. */
export function provenanceJson(
  bundles: ReadonlyMap<string, ActiveBundle>,
): string {
  const revisions = [...bundles].map(([name, { revision }]) => [
    name,
    { revision },
  ]);
  return JSON.stringify({
    version: opaVersion,
    build_commit: "",
    build_timestamp: "",
    build_hostname: "",
    ...(bundles.size > 0 && { bundles: Object.fromEntries(revisions) }),
  });
}
