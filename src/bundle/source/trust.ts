import { PolicyError } from "../../engine/index.ts";
import type { BundleFile } from "../archive.ts";
import { fault } from "../fault.ts";
import { type Verification, verifyBundle } from "../signature.ts";

/** Which signatures a bundle needs. */
export type Trust = {
  /** What is not signed is refused. */
  readonly isRequired: boolean;
  /** Without it, and none required, signatures are not looked at. */
  readonly verification: Verification | undefined;
};

/**
 * The id of the key that signed these files, by one of the signatures; undefined
 * where none is needed. A signature that is there must be good, needed or not.
 */
export function checkSignatures(
  files: readonly BundleFile[],
  signatures: readonly string[],
  { isRequired, verification }: Trust,
): string | undefined {
  if (!isRequired && (verification === undefined || signatures.length === 0)) {
    return undefined;
  }
  const faults = new Set<string>();
  for (const text of signatures.length === 0 ? [undefined] : signatures) {
    try {
      return verifyBundle(files, text, verification ?? { keys: new Map() });
    } catch (error) {
      faults.add(PolicyError.from(error).rawMessage);
    }
  }
  throw fault([...faults].join("; and by another signature: "));
}
