import type { Descriptor } from "./content.ts";
import {
  fetchBlob,
  fetchManifest,
  maxManifestBytes,
  type Session,
} from "./fetch-content.ts";
import {
  acceptedManifests,
  type Manifest,
  parseManifest,
  signatureType,
} from "./manifest.ts";

const maxSignatureBytes = 16 * 1024 * 1024;
// More than a rotation needs; each costs two requests.
const maxSignatures = 16;

/** The texts of the signatures that are attached to any of these manifests. */
export async function readAttached(
  digests: readonly string[],
  session: Session,
): Promise<readonly string[]> {
  const found: Descriptor[] = [];
  for (const digest of digests) {
    found.push(...(await listReferrers(digest, session)));
  }
  const texts: string[] = [];
  for (const one of found.slice(0, maxSignatures)) {
    const manifest = parseManifest(await fetchManifest(one, session));
    texts.push(...(await readLayers(manifest, session)));
  }
  return texts;
}

/** The signatures that refer to a manifest: by the API, or by the tag that stands for it. */
async function listReferrers(
  digest: string,
  session: Session,
): Promise<readonly Descriptor[]> {
  const query = `?artifactType=${encodeURIComponent(signatureType)}`;
  const listed =
    (await readIndex(`referrers/${digest}${query}`, session)) ??
    (await readIndex(`manifests/${fallbackTag(digest)}`, session)) ??
    [];
  return listed.filter(({ artifactType }) => artifactType === signatureType);
}

/** The tag that lists what refers to a manifest, where a registry has no API for that. */
export function fallbackTag(digest: string): string {
  return digest.replace(":", "-");
}

/** The manifests of an index; undefined where the registry has none there. */
export async function readIndex(
  path: string,
  { registry, signal }: Session,
): Promise<readonly Descriptor[] | undefined> {
  const { status, body } = await registry.call({
    method: "GET",
    path,
    headers: { Accept: acceptedManifests },
    signal,
    maxBytes: maxManifestBytes,
  });
  // Registries that lack the API answer what they like, in the range of "not that way".
  if (status >= 400 && status < 500 && status !== 401 && status !== 403) {
    return undefined;
  }
  if (status !== 200) {
    throw registry.fault("GET", path, status);
  }
  const index = parseManifest(body);
  return index.kind === "index" ? index.manifests : [];
}

async function readLayers(
  manifest: Manifest,
  session: Session,
): Promise<readonly string[]> {
  if (manifest.kind === "index") {
    return [];
  }
  const texts: string[] = [];
  for (const layer of manifest.layers) {
    if (layer.mediaType === signatureType) {
      const limit = { ...session, maxBytes: maxSignatureBytes };
      const bytes = await fetchBlob(layer, limit);
      texts.push(Buffer.from(bytes).toString("utf8"));
    }
  }
  return texts;
}
