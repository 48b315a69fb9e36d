import { readArchive } from "../archive.ts";
import { digestFiles } from "../digest.ts";
import { named } from "../fault.ts";
import { splitSignatures } from "../read-bundle.ts";
import type { SourceFiles } from "../read-directory.ts";
import { toSource } from "../read-source.ts";
import type { Fetched } from "./bundle-source.ts";
import type { Delivery } from "./remote.ts";
import { checkSignatures, type Trust } from "./trust.ts";

/** Reads what came and verifies it; throws what is wrong, with the bundle's name. */
export async function readDelivery(
  delivery: Delivery,
  trust: Trust,
): Promise<Fetched> {
  const { from } = delivery;
  const { files, signedBy } = await verifyDelivery(delivery, trust);
  try {
    return toFetched(toSource(files), from, signedBy);
  } catch (error) {
    throw named(from, error);
  }
}

/** The files of what came, verified, and the id of the key that signed them. */
export async function verifyDelivery(
  { archive, from, signatures: beside }: Delivery,
  trust: Trust,
) {
  try {
    const all = await readArchive(archive);
    const { files, signatures } = splitSignatures(all);
    const signedBy = checkSignatures(files, [...signatures, ...beside], trust);
    return { files, signedBy };
  } catch (error) {
    throw named(from, error);
  }
}

/** A source that was read, as it is told of. */
export function toFetched(
  source: SourceFiles,
  from: string,
  signedBy?: string,
): Fetched {
  const digest = digestFiles(source.files);
  return { source, digest, from, signedBy, outdated: undefined };
}
