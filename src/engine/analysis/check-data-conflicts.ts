import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import { RegoObject, type Value } from "../value.ts";
import { isScalar } from "./map.ts";
import type { RuleTree } from "./rule-tree.ts";
import type { State } from "./state.ts";

/** Whether data has something at a path, or a value in the way of it. */
export type HasData = (path: readonly string[]) => boolean;

/** What there is in a document. */
export function hasDataIn(data: RegoObject): HasData {
  return (path) => {
    let value: Value | undefined = data;
    for (const name of path) {
      if (!(value instanceof RegoObject)) {
        return true;
      }
      value = value.get(name);
      if (value === undefined) {
        return false;
      }
    }
    return true;
  };
}

/** A document that rules make and data may not have too. */
export type RulePlace = {
  /** Below `data`. */
  readonly path: readonly string[];
  /** The first of its rules. */
  readonly location: Location;
};

/** Where the rules of a tree stand, outer ones first. */
export function rulePlaces({ children }: RuleTree): readonly RulePlace[] {
  return [...children.values()].flatMap((child) => [
    ...ownPlace(child),
    ...rulePlaces(child),
  ]);
}

function ownPlace({ path, rules }: RuleTree): readonly RulePlace[] {
  // A rule whose next key is a number stands below, where data has no names.
  const found = rules.find(({ keys: [key] }) => !(key && isScalar(key)));
  return found ? [{ path, location: found.rule.location }] : [];
}

/** The rules that stand where data lies, in OPA's words. */
export function conflictsWithData(
  places: readonly RulePlace[],
  hasData: HasData,
): readonly PolicyError[] {
  return places
    .filter(({ path }) => hasData(path))
    .map(({ location, path }) => {
      const text = `conflicting rule for data path ${path.join("/")} found`;
      return new PolicyError("rego_compile_error", text, { location });
    });
}

/** Reports rules where data lies, at the first rule of each such path. */
export function checkDataConflicts({
  hasData,
  report,
  ruleTree,
}: Pick<State, "hasData" | "report" | "ruleTree">): void {
  if (hasData) {
    for (const error of conflictsWithData(rulePlaces(ruleTree), hasData)) {
      report(error);
    }
  }
}
