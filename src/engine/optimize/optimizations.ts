import { PolicyError } from "../error.ts";

/** What the planner and the optimiser do for speed; the answers are the same without. */
export const optimizationNames = [
  // Only rules run whose constants the documents have.
  "ruleIndex",
  // A search stops at the first value where no other can come.
  "earlyExit",
  // A reader of the input may leave out what no rule looks at.
  "inputProjection",
  // Statements of small functions stand where the functions were called.
  "inlining",
  // What is known of constants is computed when the policy is compiled.
  "constantFolding",
  // A sub-document is looked up once in a function.
  "subDocumentCache",
  // A comprehension in a loop is evaluated once for all rounds.
  "comprehensionIndex",
  // What a collection inside another gets is not put into that one again.
  "inPlaceInsertion",
] as const;

/** All are on unless they are switched off by name. */
export type Optimizations = {
  readonly [name in (typeof optimizationNames)[number]]?: boolean;
};

/** For code that runs a few times: none that takes a pass over the whole plan. */
export const briefOptimizations: Optimizations = {
  inputProjection: false,
  inlining: false,
  constantFolding: false,
  subDocumentCache: false,
};

/**
 * Those whose plans others can read, for a level of `opa build -O`: none that
 * fills a collection of a caller or of another collection, or assigns what is
 * undefined, for not every reader of plans allows that.
 */
export function publishedOptimizations(level: 0 | 1 | 2): Optimizations {
  return {
    ...withoutOptimizations(["all"]),
    earlyExit: level > 0,
    constantFolding: level > 0,
    subDocumentCache: level > 1,
    comprehensionIndex: level > 1,
  };
}

/** Switches off what is named; `all` stands for every optimization. */
export function withoutOptimizations(names: readonly string[]): Optimizations {
  const known: readonly string[] = [...optimizationNames, "all"];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new PolicyError(
      "rego_compile_error",
      `there is no optimization \`${unknown}\`, only ${known.join(", ")}`,
    );
  }
  const off = names.includes("all") ? optimizationNames : names;
  return Object.fromEntries(off.map((name) => [name, false]));
}

/** Every optimization by name, on or off. */
export function chosenOptimizations(
  options: Optimizations,
): Required<Optimizations> {
  const all = optimizationNames.map((name) => [name, options[name] ?? true]);
  return Object.fromEntries(all);
}
