import { statSync } from "node:fs";
import { dirname, sep } from "node:path";
import type { Changes } from "../../../src/engine/index.ts";
import type { Loaded } from "../load-paths.ts";
import { type ChangedFiles, changedFiles, realPath } from "./changed-files.ts";

/** What a commit and the files as they are differ in, for the tests. */
export type Difference = {
  /** The modules; undefined when tests cannot be told apart by what changed. */
  readonly changes: Changes | undefined;
  /** For the user: what it is that differs. */
  readonly summary: string;
  readonly isEmpty: boolean;
};

type Tested = {
  readonly loaded: Loaded;
  /** What was given to be tested. */
  readonly paths: readonly string[];
  /** Files that matter to every test: builtins, schemas, capabilities. */
  readonly others: readonly (string | undefined)[];
};

// Not known by name: documentation, and the values that snapshots store.
const isRego = /\.rego$/;
const isOfAll = /\.(json|ya?ml|gz|tgz)$|(^|\/)\.(manifest|signatures\.json)$/;

/**
 * The modules that differ from a commit. Data is no rule: when some of it
 * differs, or anything that all tests share, all are to be run.
 */
export function differenceFrom(
  ref: string,
  { loaded, others, paths }: Tested,
): Difference {
  const roots = paths.map(realPath);
  const changed = changedFiles(ref, folderOf(roots[0] ?? "."));
  const shared = others.flatMap((file) =>
    file === undefined ? [] : [realPath(file)],
  );
  const within = [...changed.paths].filter((path) =>
    roots.some((root) => path === root || path.startsWith(`${root}${sep}`)),
  );
  const ofAll = [
    ...within.filter((path) => isOfAll.test(path)),
    ...shared.filter((path) => changed.paths.has(path)),
  ];
  const rego = within.filter((path) => isRego.test(path));
  const isEmpty = ofAll.length + rego.length === 0;
  if (ofAll.length > 0) {
    const summary = `${ofAll[0]} differs from ${ref}: all tests run\n`;
    return { changes: undefined, summary, isEmpty };
  }
  const summary = `modules that differ from ${ref}: ${rego.length}\n`;
  return { changes: changesOf(loaded, changed, rego), summary, isEmpty };
}

function folderOf(path: string): string {
  return statSync(path).isDirectory() ? path : dirname(path);
}

function changesOf(
  { modules }: Loaded,
  { before, paths }: ChangedFiles,
  rego: readonly string[],
): Changes {
  const files = Object.keys(modules).filter((file) =>
    paths.has(realPath(file)),
  );
  const texts = rego.flatMap((path) => {
    const text = before(path);
    return text === undefined ? [] : [[path, text] as const];
  });
  return { files: new Set(files), before: Object.fromEntries(texts) };
}
