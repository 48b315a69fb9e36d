import { PolicyError } from "../../engine/index.ts";
import { type BundleFile, readArchive } from "../archive.ts";
import { digestFiles } from "../digest.ts";
import { isSignatures } from "../read-bundle.ts";
import type { SourceFiles } from "../read-directory.ts";
import { toSource } from "../read-source.ts";
import type { Fetched } from "./bundle-source.ts";
import type { Delivery } from "./remote.ts";
import { checkSignatures, type Trust } from "./trust.ts";

/** Reads what came and verifies it; throws what is wrong, with the bundle's name. */
export async function readDelivery(
  { archive, from, signatures: beside }: Delivery,
  trust: Trust,
): Promise<Fetched> {
  try {
    const all = await readArchive(archive);
    const { files, signatures } = splitSignatures(all);
    const signedBy = checkSignatures(files, [...signatures, ...beside], trust);
    return toFetched(toSource(files), from, signedBy);
  } catch (error) {
    throw named(from, error);
  }
}

function splitSignatures(all: readonly BundleFile[]) {
  return {
    files: all.filter(({ name }) => !isSignatures(name)),
    signatures: all
      .filter(({ name }) => isSignatures(name))
      .map(({ bytes }) => Buffer.from(bytes).toString("utf8")),
  };
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

/** A fault of a bundle, with its name before it. */
export function named(from: string, error: unknown): PolicyError {
  const fault = PolicyError.from(error, "bundle_load_error");
  const { code, rawMessage, location } = fault;
  return new PolicyError(code, `bundle ${from}: ${rawMessage}`, {
    location,
    cause: fault,
  });
}
