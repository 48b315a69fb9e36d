import { PolicyError } from "../../engine/index.ts";
import type { BundleFile } from "../archive.ts";
import { fault } from "../fault.ts";
import { type VerificationKey, verifyBundle } from "../signature.ts";

/** Which signatures the bundles of a source need. */
export type Trust = {
  /** What is not signed is refused. */
  readonly isRequired: boolean;
  /** By key id. Without any, and none required, signatures are not looked at. */
  readonly keys: ReadonlyMap<string, VerificationKey>;
};

/**
 * The id of the key that signed these files, by one of the signatures; undefined
 * where none is needed. A signature that is there must be good, needed or not.
 */
export function checkSignatures(
  files: readonly BundleFile[],
  signatures: readonly string[],
  { isRequired, keys }: Trust,
): string | undefined {
  if (!isRequired && (keys.size === 0 || signatures.length === 0)) {
    return undefined;
  }
  const faults = new Set<string>();
  for (const text of signatures.length === 0 ? [undefined] : signatures) {
    try {
      return verifyBundle(files, text, { keys });
    } catch (error) {
      faults.add(PolicyError.from(error).rawMessage);
    }
  }
  throw fault([...faults].join("; and by another signature: "));
}
