import { sha256Hex } from "../digest.ts";
import { fault } from "../fault.ts";

/** What a manifest says of a piece of content, in OCI's names. */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
};

/** The digest by which registries name these bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256Hex(bytes)}`;
}

/** A descriptor of these bytes. */
export function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Refuses bytes that are not those which were named. */
export function checkContent(
  bytes: Uint8Array,
  { digest, size }: { readonly digest: string; readonly size?: number },
): void {
  if (size !== undefined && bytes.length !== size) {
    throw fault(
      `the registry gave ${bytes.length} bytes for ${digest}, which has ${size}`,
    );
  }
  const got = digestOf(bytes);
  if (got !== digest) {
    throw fault(`the registry gave ${got} for ${digest}`);
  }
}
