import type { Effects } from "./guard-verdict.ts";
import type { NamedValues } from "./verdict.ts";

/** The effects of two guards; where both name a header, the later one's values hold. */
export function mergeEffects(earlier: Effects, later: Effects): Effects {
  return {
    ...earlier,
    ...later,
    ...pair("headers", mergeNamed(earlier.headers, later.headers)),
    ...pair(
      "responseHeadersToAdd",
      mergeNamed(earlier.responseHeadersToAdd, later.responseHeadersToAdd),
    ),
    ...pair(
      "queryParametersToSet",
      mergeNamed(earlier.queryParametersToSet, later.queryParametersToSet),
    ),
    ...pair(
      "requestHeadersToRemove",
      concatenate(earlier.requestHeadersToRemove, later.requestHeadersToRemove),
    ),
    ...pair(
      "queryParametersToRemove",
      concatenate(
        earlier.queryParametersToRemove,
        later.queryParametersToRemove,
      ),
    ),
    ...pair("dynamicMetadata", mergeMetadata(earlier, later)),
  };
}

function mergeNamed(
  earlier: NamedValues | undefined,
  later: NamedValues | undefined,
): NamedValues | undefined {
  if (!earlier || !later) {
    return earlier ?? later;
  }
  const names = new Set(later.map(([name]) => name.toLowerCase()));
  return [
    ...earlier.filter(([name]) => !names.has(name.toLowerCase())),
    ...later,
  ];
}

function concatenate(
  earlier: readonly string[] | undefined,
  later: readonly string[] | undefined,
): readonly string[] | undefined {
  return earlier && later ? [...earlier, ...later] : (earlier ?? later);
}

function mergeMetadata(earlier: Effects, later: Effects) {
  return earlier.dynamicMetadata && later.dynamicMetadata
    ? { ...earlier.dynamicMetadata, ...later.dynamicMetadata }
    : (earlier.dynamicMetadata ?? later.dynamicMetadata);
}

function pair<K extends string, T>(name: K, value: T | undefined) {
  const made = value === undefined ? {} : { [name]: value };
  return made as { readonly [P in K]?: T };
}
