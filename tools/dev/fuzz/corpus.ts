import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const suite = "../shared/conformance/rego";
const folders = ["guards", "test/policies", "test/golden"];

/** Rego to begin from: what we ship, the golden programs, and OPA's cases where they stand beside the project. */
export function readCorpus(): readonly string[] {
  const own = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".rego"))
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const cases = existsSync(suite)
    ? readdirSync(suite)
        .sort()
        .flatMap((name) => modulesOf(join(suite, name)))
    : [];
  return [...own, ...cases].filter((text) => text.length > 0);
}

function modulesOf(file: string): readonly string[] {
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
    cases: readonly { readonly modules?: readonly string[] }[];
  };
  return cases.flatMap(({ modules = [] }) => modules);
}
