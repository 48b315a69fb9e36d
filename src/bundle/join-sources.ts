import { packagePathOf } from "../engine/index.ts";
import { noManifest, rootsOverlap } from "./bundle-manifest.ts";
import { checkDataRoots, checkPackageRoot } from "./check-roots.ts";
import { type Document, isDocument } from "./document.ts";
import { fault } from "./fault.ts";
import { isDataFile, type SourceFiles } from "./read-directory.ts";
import { documentOf } from "./shared-source.ts";

type Named = readonly [name: string, source: SourceFiles];

/**
 * Several sources by name as one. Each keeps to the roots of its manifest, and
 * none overlaps another's; without a manifest a source has all of data.
 */
export function joinSources(
  sources: ReadonlyMap<string, SourceFiles>,
): SourceFiles {
  const all = [...sources];
  // Large ones are read once.
  const documents = new Map<SourceFiles, Document>();
  const documentIn = (source: SourceFiles): Document => {
    const document = documents.get(source) ?? documentOf(source.data);
    documents.set(source, document);
    return document;
  };
  for (const [, source] of all) {
    checkOwnRoots(source, documentIn);
  }
  const [first, ...others] = all;
  if (first === undefined) {
    throw fault("there is no bundle");
  }
  if (others.length === 0) {
    return first[1];
  }
  checkDisjoint(all);
  return {
    files: joinFiles(all),
    modules: Object.assign({}, ...all.map(([, { modules }]) => modules)),
    guardModules: new Map(all.flatMap(([, one]) => [...one.guardModules])),
    data: others.reduce(
      (joined, [, source]) => joinDocuments(joined, documentIn(source)),
      documentIn(first[1]),
    ),
  };
}

function rootsOf({ manifest = noManifest }: SourceFiles): readonly string[] {
  return manifest.roots;
}

/** In OPA's words. A guard's module stands for a package of its folder. */
function checkOwnRoots(
  source: SourceFiles,
  documentIn: (source: SourceFiles) => Document,
): void {
  if (source.patch !== undefined) {
    throw fault("a delta bundle (patch.json) cannot be loaded by itself");
  }
  const roots = rootsOf(source);
  if (roots.includes("")) {
    return;
  }
  for (const [file, text] of Object.entries(source.modules)) {
    // The compiler says what is wrong with a module that has no path.
    const path = packagePathOf(text, { file, regoVersion: 1 });
    if (path) {
      checkPackageRoot({ file, path }, roots);
    }
  }
  for (const file of source.guardModules.keys()) {
    checkPackageRoot({ file, path: file.split("/").slice(0, -1) }, roots);
  }
  checkDataRoots<unknown>(documentIn(source), roots, (value) =>
    isDocument(value) ? Object.entries(value) : undefined,
  );
}

function checkDisjoint(sources: readonly Named[]): void {
  const names = new Set<string>();
  const conflicts = new Set<string>();
  for (const [at, [name, source]] of sources.entries()) {
    for (const [otherName, other] of sources.slice(at + 1)) {
      for (const conflict of conflictsOf(rootsOf(source), rootsOf(other))) {
        names.add(name).add(otherName);
        conflicts.add(conflict);
      }
    }
  }
  if (conflicts.size === 0) {
    return;
  }
  const involved = [...names].sort().join(", ");
  const whole = sources
    .filter(([, source]) => rootsOf(source).includes(""))
    .map(([name]) => name)
    .sort();
  throw fault(
    whole.length > 0
      ? `bundles [${involved}] have overlapping roots and cannot be activated simultaneously because bundle(s) [${whole.join(", ")}] specify empty root paths ('') which overlap with any other bundle root`
      : `detected overlapping roots in manifests for these bundles: [${involved}] (${[...conflicts].sort().join(", ")})`,
  );
}

function conflictsOf(
  roots: readonly string[],
  others: readonly string[],
): readonly string[] {
  return roots.flatMap((root) =>
    others
      .filter((other) => rootsOverlap(root, other))
      .map((other) =>
        root === other
          ? `root ${root} is in multiple bundles`
          : [root, other].sort().join(" overlaps "),
      ),
  );
}

/** All files but those of data, which say their part in the document. */
function joinFiles(sources: readonly Named[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const files = new Map<string, string>();
  for (const [name, source] of sources) {
    for (const [file, text] of source.files) {
      const owner = owners.get(file);
      if (owner !== undefined && !isDataFile(file)) {
        throw fault(`the bundles [${owner}, ${name}] both have \`${file}\``);
      }
      owners.set(file, name);
      files.set(file, text);
    }
  }
  return files;
}

/** Neither is changed: each may be joined with others again. */
function joinDocuments(one: Document, other: Document): Document {
  const joined = Object.entries(other).map(([key, value]) => {
    const own = Object.hasOwn(one, key) ? one[key] : undefined;
    const both =
      isDocument(own) && isDocument(value) ? joinDocuments(own, value) : value;
    return [key, both] as const;
  });
  return Object.fromEntries([...Object.entries(one), ...joined]);
}
