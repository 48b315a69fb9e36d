import {
  conflictsWithData,
  type HasData,
  type RulePlace,
} from "../engine/index.ts";
import { foldErrors } from "./compile-source.ts";
import { type Document, isDocument } from "./document.ts";
import type { SourceData } from "./read-directory.ts";
import { documentOf } from "./shared-source.ts";

export type PlacedRules = {
  readonly places: readonly RulePlace[];
  readonly data: SourceData;
};

/** Refuses rules where data lies, as OPA does: which of the two counts would be anyone's guess. */
export function checkRulePlaces({ data, places }: PlacedRules): void {
  const near = places.filter(({ path: [root = ""] }) => mayHave(data, root));
  if (near.length === 0) {
    return;
  }
  const conflicts = conflictsWithData(near, hasDataIn(documentOf(data)));
  if (conflicts.length > 0) {
    throw foldErrors(conflicts);
  }
}

/** False where data has nothing by a name, without a look at all that it has. */
function mayHave(data: SourceData, name: string): boolean {
  return data instanceof Uint8Array
    ? Buffer.from(data.buffer, data.byteOffset, data.length).includes(
        JSON.stringify(name),
      )
    : Object.hasOwn(data, name);
}

function hasDataIn(data: Document): HasData {
  return (path) => {
    let value: unknown = data;
    for (const name of path) {
      if (!isDocument(value)) {
        return true;
      }
      if (!Object.hasOwn(value, name)) {
        return false;
      }
      value = value[name];
    }
    return true;
  };
}
