import { rootHolds } from "./bundle-manifest.ts";
import { fault } from "./fault.ts";

type Path = readonly string[];

/** Refuses a module whose package lies in no root, in OPA's words. */
export function checkPackageRoot(
  { file, path }: { readonly file: string; readonly path: Path },
  roots: readonly string[],
): void {
  if (!isHeld(path, roots)) {
    throw fault(
      `manifest roots ${shownRoots(roots)} do not permit 'package ${packageText(path)}' in module '${file}'`,
    );
  }
}

/**
 * Refuses data that is no folder on the way to a root and lies in none, in OPA's
 * words; `membersOf` gives what an object holds, and nothing of other values.
 */
export function checkDataRoots<T>(
  value: T,
  roots: readonly string[],
  membersOf: (value: T) => Iterable<readonly [string, T]> | undefined,
  path: Path = [],
): void {
  if (isHeld(path, roots)) {
    return;
  }
  const leadsOn = roots.some((root) =>
    rootHolds(path.join("/"), root.split("/")),
  );
  const members = leadsOn ? membersOf(value) : undefined;
  if (members === undefined) {
    throw fault(
      `manifest roots ${shownRoots(roots)} do not permit data at path '/${path.join("/")}' (hint: check bundle directory structure)`,
    );
  }
  for (const [key, member] of members) {
    checkDataRoots(member, roots, membersOf, [...path, key]);
  }
}

/** True when one of the roots holds a path. */
export function isHeld(path: Path, roots: readonly string[]): boolean {
  return roots.some((root) => rootHolds(root, path));
}

/** As OPA prints them. */
export function shownRoots(roots: readonly string[]): string {
  return `[${roots.join(" ")}]`;
}

/** A package's path as OPA prints it: `people["x-y"].of`. */
export function packageText(path: readonly string[]): string {
  return path
    .map((part, at) => {
      const isName = /^[A-Za-z_]\w*$/.test(part);
      const name = at === 0 ? part : `.${part}`;
      return isName ? name : `[${JSON.stringify(part)}]`;
    })
    .join("");
}
