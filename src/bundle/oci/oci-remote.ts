import { fault, named } from "../fault.ts";
import type { Delivery, Remote, RemoteCall } from "../source/remote.ts";
import { writeArchive } from "../write-bundle.ts";
import { readAttached } from "./attached-signatures.ts";
import type { Descriptor } from "./content.ts";
import {
  fetchBlob,
  fetchManifest,
  resolveTag,
  type Session,
} from "./fetch-content.ts";
import {
  bundleLayerType,
  conftestLayerTypes,
  parseManifest,
  titleAnnotation,
} from "./manifest.ts";
import { type OciReference, referenceText } from "./reference.ts";
import type { Registry } from "./registry.ts";

type OciRemoteOptions = {
  readonly reference: OciReference;
  readonly registry: Registry;
  readonly maxBytes: number;
  /** Signatures that are attached to the bundle are wanted too. */
  readonly wantsSignatures: boolean;
};

/** The manifest of one artifact, with all digests under which it was found. */
type Artifact = {
  readonly layers: readonly Descriptor[];
  readonly digests: readonly string[];
};

/** A bundle in a registry. Nothing is used whose digest is not the one that was named. */
export function createOciRemote(options: OciRemoteOptions): Remote {
  const { reference, registry, maxBytes, wantsSignatures } = options;
  const deliver = async (
    digest: string,
    session: Session,
  ): Promise<Delivery> => {
    const artifact = await fetchArtifact(digest, session);
    return {
      archive: await fetchArchive(artifact.layers, session),
      validator: digest,
      from: referenceText(reference, digest),
      signatures: wantsSignatures
        ? await readAttached(artifact.digests, session)
        : [],
    };
  };
  const name = referenceText(reference);
  const fetch = async ({
    known,
    signal,
  }: RemoteCall): Promise<Delivery | "unchanged"> => {
    const session = { registry, maxBytes, signal };
    try {
      const { tag = "" } = reference;
      const digest = reference.digest ?? (await resolveTag(tag, session));
      return digest === known ? "unchanged" : await deliver(digest, session);
    } catch (error) {
      throw named(name, error);
    }
  };
  return { address: name, canWait: false, fetch };
}

// Of an index: more than there are platforms, and each costs a request.
const maxTried = 64;

/** Goes through an index to the one artifact that holds a bundle. */
async function fetchArtifact(
  digest: string,
  session: Session,
): Promise<Artifact> {
  const manifest = parseManifest(await fetchManifest({ digest }, session));
  if (manifest.kind === "artifact") {
    return { layers: manifest.layers, digests: [digest] };
  }
  for (const one of manifest.manifests.slice(0, maxTried)) {
    const inner = parseManifest(await fetchManifest(one, session));
    if (inner.kind === "artifact" && inner.layers.some(isBundleLayer)) {
      return { layers: inner.layers, digests: [digest, one.digest] };
    }
  }
  const more = manifest.manifests.length > maxTried;
  throw fault(
    `the index ${digest} holds no bundle${more ? ` among its first ${maxTried} manifests` : ""}`,
  );
}

function isBundleLayer({ mediaType }: Descriptor): boolean {
  return (
    mediaType === bundleLayerType || conftestLayerTypes.includes(mediaType)
  );
}

/** OPA's one layer as it is; of Conftest's, which are a file each, an archive. */
async function fetchArchive(
  layers: readonly Descriptor[],
  session: Session,
): Promise<Uint8Array> {
  const whole = layers.find(({ mediaType }) => mediaType === bundleLayerType);
  if (whole !== undefined) {
    return fetchBlob(whole, session);
  }
  const single = layers.filter(isBundleLayer);
  if (single.length === 0) {
    const found = layers.map(({ mediaType }) => mediaType).join(", ");
    throw fault(`no layer is a bundle's; there is ${found || "none"}`);
  }
  const files = [];
  let left = session.maxBytes;
  for (const layer of single) {
    const name = layer.annotations?.[titleAnnotation];
    if (typeof name !== "string" || name === "") {
      throw fault(`the layer ${layer.digest} has no title`);
    }
    const bytes = await fetchBlob(layer, { ...session, maxBytes: left });
    left -= bytes.length;
    files.push({ path: `/${name}`, name, bytes });
  }
  return writeArchive(files);
}
