import { fault } from "../fault.ts";
import { checkContent, type Descriptor, digestOf } from "./content.ts";
import { acceptedManifests } from "./manifest.ts";
import type { Registry } from "./registry.ts";

/** From whom content is fetched, how much of it at most, and until when. */
export type Session = {
  readonly registry: Registry;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/** What registries allow at least, and more than any manifest has. */
export const maxManifestBytes = 4 * 1024 * 1024;

const accept = { Accept: acceptedManifests };

/** The digest that a tag names. HEAD is enough for most, and costs registries nothing. */
export async function resolveTag(
  tag: string,
  { registry, signal }: Session,
): Promise<string> {
  const path = `manifests/${tag}`;
  const call = { path, headers: accept, signal, maxBytes: maxManifestBytes };
  const head = await registry.call({ ...call, method: "HEAD" });
  const told = head.headers["docker-content-digest"];
  if (head.status === 200 && typeof told === "string") {
    if (!/^sha256:[0-9a-f]{64}$/.test(told)) {
      throw fault(`the registry names the tag's content by \`${told}\``);
    }
    return told;
  }
  if (head.status === 404) {
    throw fault(`the registry has no tag \`${tag}\``);
  }
  // Without the header, or where HEAD is not allowed, the content itself tells.
  const { status, body } = await registry.call({ ...call, method: "GET" });
  if (status !== 200) {
    throw registry.fault("GET", path, status);
  }
  return digestOf(body);
}

/** A manifest by its digest, which it must have. */
export async function fetchManifest(
  wanted: { readonly digest: string; readonly size?: number },
  { registry, signal }: Session,
): Promise<Uint8Array> {
  const path = `manifests/${wanted.digest}`;
  const { status, body } = await registry.call({
    method: "GET",
    path,
    headers: accept,
    signal,
    maxBytes: maxManifestBytes,
  });
  if (status !== 200) {
    throw registry.fault("GET", path, status);
  }
  checkContent(body, wanted);
  return body;
}

/** A blob, which must have the digest and the size that its descriptor says. */
export async function fetchBlob(
  blob: Descriptor,
  { registry, maxBytes, signal }: Session,
): Promise<Uint8Array> {
  if (blob.size > maxBytes) {
    throw fault(
      `the layer ${blob.digest} has ${blob.size} bytes, more than ${maxBytes}`,
    );
  }
  const path = `blobs/${blob.digest}`;
  const { status, body } = await registry.call({
    method: "GET",
    path,
    signal,
    // A registry that sends more than it said is cut off there.
    maxBytes: blob.size,
  });
  if (status !== 200) {
    throw registry.fault("GET", path, status);
  }
  checkContent(body, blob);
  return body;
}
