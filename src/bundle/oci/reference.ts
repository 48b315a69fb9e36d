import { fault } from "../fault.ts";

/** A bundle in a registry: `oci://REGISTRY/REPOSITORY:TAG`, `@DIGEST` or both. */
export type OciReference = {
  /** Host and port. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  /** Pins the content, whatever the tag names. */
  readonly digest: string | undefined;
};

const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const shape = new RegExp(
  `^oci://([A-Za-z0-9.-]+(?::\\d{1,5})?|\\[[0-9a-fA-F:]+\\](?::\\d{1,5})?)/(${part}(?:/${part})*)(?::(\\w[\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/** Reads a reference. Without a tag and without a digest it would mean another thing every day. */
export function parseReference(text: string): OciReference {
  const found = shape.exec(text);
  if (found === null) {
    throw fault(
      `\`${text}\` is no reference: it must be oci://REGISTRY/REPOSITORY:TAG or oci://REGISTRY/REPOSITORY@sha256:DIGEST`,
    );
  }
  const [, registry = "", repository = "", tag, digest] = found;
  if (tag === undefined && digest === undefined) {
    throw fault(`\`${text}\` needs a tag or a digest`);
  }
  return { registry, repository, tag, digest };
}

/** The reference as text, with the digest it has or was found to have. */
export function referenceText(
  { registry, repository, tag, digest }: OciReference,
  found = digest,
): string {
  const named = tag === undefined ? "" : `:${tag}`;
  const pinned = found === undefined ? "" : `@${found}`;
  return `oci://${registry}/${repository}${named}${pinned}`;
}
