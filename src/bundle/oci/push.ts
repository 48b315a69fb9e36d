import { fault } from "../fault.ts";
import { fallbackTag, readIndex } from "./attached-signatures.ts";
import { type Descriptor, describe, digestOf } from "./content.ts";
import type { Session } from "./fetch-content.ts";
import {
  bundleLayerType,
  indexType,
  manifestType,
  signatureType,
  titleAnnotation,
} from "./manifest.ts";

type PushOptions = Session & {
  readonly archive: Uint8Array;
  readonly tag: string;
  readonly annotations: Readonly<Record<string, string>>;
};

type JsonContent = {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
};

/** Puts a bundle into a registry, as OPA fetches it; gives the descriptor of its manifest. */
export async function pushBundle({
  archive,
  tag,
  annotations,
  ...session
}: PushOptions): Promise<Descriptor> {
  const config = jsonContent({}, "application/vnd.oci.image.config.v1+json");
  await pushBlob(config.bytes, session);
  await pushBlob(archive, session);
  const layer = describe(archive, bundleLayerType);
  const manifest = jsonContent(
    {
      schemaVersion: 2,
      mediaType: manifestType,
      config: config.descriptor,
      layers: [
        { ...layer, annotations: { [titleAnnotation]: "bundle.tar.gz" } },
      ],
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    manifestType,
  );
  await pushManifest(tag, manifest, session);
  return manifest.descriptor;
}

type AttachOptions = Session & {
  /** The text of a `.signatures.json`. */
  readonly signatures: string;
  readonly subject: Descriptor;
};

/** Attaches a signature to a manifest: an artifact that refers to it. */
export async function attachSignature({
  signatures,
  subject,
  ...session
}: AttachOptions): Promise<void> {
  const empty = jsonContent({}, "application/vnd.oci.empty.v1+json");
  const text = new TextEncoder().encode(signatures);
  await pushBlob(empty.bytes, session);
  await pushBlob(text, session);
  const manifest = jsonContent(
    {
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: signatureType,
      config: empty.descriptor,
      layers: [describe(text, signatureType)],
      subject,
    },
    manifestType,
  );
  const { digest } = manifest.descriptor;
  const { headers } = await pushManifest(digest, manifest, session);
  // A registry that knows of subjects says so; for others a tag lists them.
  if (headers["oci-subject"] === undefined) {
    const listed = { ...manifest.descriptor, artifactType: signatureType };
    await listByTag(subject.digest, listed, session);
  }
}

async function listByTag(
  subject: string,
  added: Descriptor,
  session: Session,
): Promise<void> {
  const tag = fallbackTag(subject);
  const listed = (await readIndex(`manifests/${tag}`, session)) ?? [];
  const others = listed.filter(({ digest }) => digest !== added.digest);
  const index = jsonContent(
    {
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [...others, added],
    },
    indexType,
  );
  await pushManifest(tag, index, session);
}

function jsonContent(value: unknown, mediaType: string): JsonContent {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { bytes, descriptor: describe(bytes, mediaType) };
}

async function pushManifest(
  name: string,
  { bytes, descriptor }: JsonContent,
  { registry, signal }: Session,
) {
  const path = `manifests/${name}`;
  const answer = await registry.call({
    method: "PUT",
    path,
    headers: { "Content-Type": descriptor.mediaType },
    body: bytes,
    signal,
  });
  if (answer.status !== 201) {
    throw registry.fault("PUT", path, answer.status);
  }
  const told = answer.headers["docker-content-digest"];
  if (told !== undefined && told !== descriptor.digest) {
    throw fault(`the registry took ${descriptor.digest} for ${String(told)}`);
  }
  return answer;
}

/** Uploads a blob unless the registry has it. */
async function pushBlob(
  bytes: Uint8Array,
  { registry, signal }: Session,
): Promise<void> {
  const digest = digestOf(bytes);
  const known = await registry.call({
    method: "HEAD",
    path: `blobs/${digest}`,
    signal,
  });
  if (known.status === 200) {
    return;
  }
  const start = "blobs/uploads/";
  const begun = await registry.call({ method: "POST", path: start, signal });
  const { location } = begun.headers;
  if (begun.status !== 202 || location === undefined) {
    throw registry.fault("POST", start, begun.status);
  }
  const path = new URL(location, registry.address(start));
  path.searchParams.set("digest", digest);
  const { status } = await registry.call({
    method: "PUT",
    path,
    headers: { "Content-Type": "application/octet-stream" },
    body: bytes,
    signal,
  });
  if (status !== 201) {
    throw registry.fault("PUT", path.href, status);
  }
}
