import { expect, test } from "vitest";
import { RegoObject } from "../../engine/index.ts";
import { type Documents, noDocuments, replaceGiven } from "./documents.ts";

const data = (level: number) => RegoObject.of([["level", level]]);
const revision = { revision: "1", roots: [""] };

/** What stays when `before` is read again as `given`. */
function reread(
  documents: Partial<Documents>,
  before: Partial<Documents>,
  given: Partial<Documents>,
  fetched: readonly string[] = [],
): Documents {
  return replaceGiven(
    { ...noDocuments, ...documents },
    {
      before: { ...noDocuments, ...before },
      given: { ...noDocuments, ...given },
      fetched: new Set(fetched),
    },
  );
}

test("a file that is gone goes, and what the API brought stays", () => {
  const before = {
    modules: { "a.rego": "a", "b.rego": "b" },
    regoVersions: { "b.rego": 0 },
  } as const;
  const documents = {
    modules: { ...before.modules, api: "c" },
    regoVersions: before.regoVersions,
  };
  const given = { modules: { "a.rego": "a2" }, data: data(2) };
  expect(reread(documents, before, given)).toEqual({
    ...noDocuments,
    modules: { api: "c", "a.rego": "a2" },
    data: data(2),
  });
});

test("a bundle that was given takes its data with it; one that was fetched has its own", () => {
  const given = {
    bundles: new Map([["/b", { ...revision, revision: "2" }]]),
    data: data(2),
  };
  const before = { bundles: new Map([["/b", revision]]), data: data(1) };
  expect(reread(before, before, given)).toEqual({ ...noDocuments, ...given });
  const both = {
    bundles: new Map([...before.bundles, ["authz", revision] as const]),
    data: data(3),
  };
  const after = reread(both, before, given, ["authz"]);
  expect(after.data).toEqual(data(3));
  expect([...after.bundles.keys()]).toEqual(["authz", "/b"]);
});
