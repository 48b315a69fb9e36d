import { createHash } from "node:crypto";
import type { Fetched, SourceFiles, Workshop } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { BundlePart } from "./bundle-part.ts";

/** What the bundles of a revision held, by their names. */
export type Contents = ReadonlyMap<string, Fetched>;

/** The latest of the chosen bundles, and of the others what is in force. */
export function contentsOf(
  parts: readonly BundlePart[],
  isChosen: (part: BundlePart) => boolean,
): Contents {
  const contents = new Map<string, Fetched>();
  for (const part of parts) {
    const content = isChosen(part) ? part.latest : part.active;
    if (content) {
      contents.set(part.name, content);
    }
  }
  return contents;
}

/** Keeps what is in force, for a start without its source. Never rejects. */
export async function keepActive(
  parts: readonly BundlePart[],
  failed: (bundle: string, error: PolicyError) => void,
): Promise<void> {
  for (const { active, name, source } of parts) {
    const fault = active && (await source.keep(active));
    if (fault !== undefined) {
      failed(name, fault);
    }
  }
}

/**
 * What a bundle holds after a delta. It has no copy for a start without its
 * source: a delta is not kept, as in OPA.
 */
export async function patched(
  active: Fetched | undefined,
  delta: Fetched,
  workshop: Workshop,
): Promise<Fetched> {
  if (active === undefined) {
    throw new PolicyError(
      "bundle_load_error",
      "a delta bundle (patch.json) cannot be loaded by itself",
    );
  }
  const hash = createHash("sha256").update(`${active.digest}:${delta.digest}`);
  const parts = { snapshot: active.source, delta: delta.source };
  const source = await workshop.patch(parts);
  return { ...delta, source, digest: hash.digest("hex") };
}

/** The sources of a revision by name. */
export function sourcesOf(
  contents: Contents,
): ReadonlyMap<string, SourceFiles> {
  return new Map([...contents].map(([name, { source }]) => [name, source]));
}

/** That of the one bundle, or of all of them by name. */
export function digestOf(contents: Contents): string {
  const [only, ...others] = contents.values();
  if (only && others.length === 0) {
    return only.digest;
  }
  const hash = createHash("sha256");
  for (const [name, { digest }] of contents) {
    hash.update(`${name}:${digest}\n`);
  }
  return hash.digest("hex");
}

/** That of the whole, and of each bundle: a list of what is not taken may name any. */
export function digestsOf(contents: Contents): readonly string[] {
  const parts = [...contents.values()].map(({ digest }) => digest);
  return [...new Set([digestOf(contents), ...parts])];
}

/** A manifest is not part of a digest: another one may claim other roots for the same files. */
export function hasOtherManifest(
  { active, name }: BundlePart,
  contents: Contents,
): boolean {
  const textOf = (one: Fetched | undefined) =>
    JSON.stringify(one?.source.manifest);
  return textOf(active) !== textOf(contents.get(name));
}

/** As the bundle names itself; else by its digest. */
export function revisionOf({ digest, source }: Fetched): string {
  return source.manifest?.revision || digest;
}
