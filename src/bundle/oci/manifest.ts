import { fault } from "../fault.ts";
import type { Descriptor } from "./content.ts";

/** A manifest: of one artifact, by its layers, or of several, by their manifests. */
export type Manifest =
  | { readonly kind: "artifact"; readonly layers: readonly Descriptor[] }
  | { readonly kind: "index"; readonly manifests: readonly Descriptor[] };

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

/** What a registry may answer when it is asked for a manifest. */
export const acceptedManifests = [
  manifestType,
  indexType,
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

/** The layer that holds a bundle whole, as OPA has it. */
export const bundleLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

/** The layers that Conftest pushes: a file each, named by its title. */
export const conftestLayerTypes: readonly string[] = [
  "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego",
  "application/vnd.cncf.openpolicyagent.data.layer.v1+json",
];

/** The name of a layer's file. */
export const titleAnnotation = "org.opencontainers.image.title";

/** An artifact of ours that refers to a bundle: its one layer is a `.signatures.json`. */
export const signatureType =
  "application/vnd.portcullis.bundle.signatures.v1+json";

/** Reads a manifest of either kind. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const found = readObject(bytes);
  if (found["manifests"] !== undefined) {
    return { kind: "index", manifests: descriptors(found, "manifests") };
  }
  return { kind: "artifact", layers: descriptors(found, "layers") };
}

function readObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw fault("the manifest is no JSON", cause);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw fault("the manifest is no object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function descriptors(
  manifest: Readonly<Record<string, unknown>>,
  key: string,
): readonly Descriptor[] {
  const found = manifest[key];
  if (!(Array.isArray(found) && found.every(isDescriptor))) {
    throw fault(`the manifest's \`${key}\` is no list of descriptors`);
  }
  return found;
}

function isDescriptor(value: unknown): value is Descriptor {
  const found = value as Partial<Descriptor> | null;
  return (
    typeof found === "object" &&
    typeof found?.mediaType === "string" &&
    /^sha256:[0-9a-f]{64}$/.test(String(found.digest)) &&
    Number.isSafeInteger(found.size)
  );
}
