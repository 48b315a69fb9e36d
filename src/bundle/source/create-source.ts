import type { BundleSource } from "./bundle-source.ts";
import { createFileSource, type FileSourceOptions } from "./file-source.ts";

/** How a bundle is fetched. */
export type BundleSourceOptions = FileSourceOptions;

/** The source that the text names. */
export function createBundleSource(options: BundleSourceOptions): BundleSource {
  return createFileSource(options);
}
