import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import {
  createMemorySource,
  toFetched,
} from "../../test/support/memory-source.ts";
import {
  guardFiles,
  type ReloaderBench,
  startReloader as start,
} from "../../test/support/reloader-bench.ts";
import { ownWorkshop, type Workshop } from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import type { Outcome } from "./pipeline/verdict.ts";
import type { Reloader } from "./reloader.ts";

const sound = guardFiles("verdict := true");

const firstAndOnly = () => createMemorySource(toFetched("1", sound));

const failing = guardFiles("verdict := true");

test("a failure that is none of the bundle's asks for the bundle again", async () => {
  let isDead = false;
  const compile: Workshop["compile"] = async (job) => {
    if (isDead) {
      throw new PolicyError("internal_error", "the thread ended");
    }
    return ownWorkshop.compile(job);
  };
  const workshop = { ...ownWorkshop, compile };
  const { active, sources } = await start([firstAndOnly()], "", workshop);
  const other = toFetched("2", guardFiles("verdict := false"));
  isDead = true;
  await sources[0]?.give(other);
  expect(active()).toBe("1");
  expect(sources[0]?.forgotten).toBe(1);
  isDead = false;
  await sources[0]?.give(other);
  expect(active()).toBe("2");
});

test.each([
  {
    note: "verify",
    files: { ...failing, "guards/pipeline.yaml": "pipeline: [{ gard: x }]\n" },
    want: "failed verify guards/pipeline.yaml:1:14: guard_manifest_error: unknown key `gard`; did you mean `guard`?",
  },
  {
    note: "compile",
    files: guardFiles("verdict := x"),
    want: "failed compile guards/gate/guard.rego:3:12: rego_unsafe_var_error: var x is unsafe",
  },
  {
    note: "compile, for a rule where data lies",
    files: {
      ...failing,
      "guards/gate/data.yaml": "verdict: { allowed: false }",
    },
    want: "failed compile guards/gate/guard.rego:3:1: rego_compile_error: conflicting rule for data path guards/gate/verdict found",
  },
  {
    note: "self_test, by a guard that fails",
    files: guardFiles('verdict := {"a": v | v := [1, 2][_]}'),
    want: "failed self_test guards/gate/guard.rego:3:13: eval_conflict_error: guard `gate` fails on an empty request: object keys must be unique",
  },
  {
    note: "self_test, by a test of the bundle",
    files: {
      ...failing,
      "guards/gate/guard_test.rego":
        "package guards.gate_test\n\ntest_closed if not data.guards.gate.verdict\n",
    },
    want: "failed self_test guards/gate/guard_test.rego:3:1: bundle_test_error: the bundle's own test `data.guards.gate_test.test_closed` does not pass",
  },
  {
    note: "self_test, by a golden request",
    files: {
      ...failing,
      "guards/gate/cases/a.yaml":
        "cases:\n  - note: nobody\n    want: { verdict: deny }\n",
    },
    want: 'failed self_test guards/gate/cases/a.yaml:2:5: bundle_test_error: the golden request `nobody` does not pass: verdict: wanted "deny", found "allow"',
  },
])("P12: a fault in $note keeps the last good revision", async (row) => {
  const { active, reloader, sources, statuses, told } = await start([
    firstAndOnly(),
  ]);
  await sources[0]?.give(toFetched("2", row.files));
  expect(active()).toBe("1");
  expect(told).toEqual(["loaded 1, 0 changes", row.want]);
  expect(
    `failed ${reloader.failure?.stage} ${reloader.failure?.error.message}`,
  ).toBe(row.want);
  expect(statuses.at(-1)?.["bundle"]).toMatchObject({
    name: "bundle",
    active_revision: "1".repeat(64),
    code: "bundle_error",
    message: reloader.failure?.error.message,
    errors: [{ code: reloader.failure?.error.code }],
  });
  expect(sources[0]?.forgotten).toBe(0);
  // The edit is taken back.
  await sources[0]?.give(toFetched("1", sound));
  expect(reloader.failure).toBeUndefined();
  expect(statuses.at(-1)?.["bundle"]?.code).toBeUndefined();
});

test("with the bundle's tests off they are not run", async () => {
  const { active, sources } = await start(
    [firstAndOnly()],
    "activation: { selfTest: false }",
  );
  await sources[0]?.give(
    toFetched("2", {
      ...sound,
      "guards/gate/guard_test.rego":
        "package guards.gate_test\n\ntest_closed if false\n",
    }),
  );
  expect(active()).toBe("2");
});

test("a source that cannot be read is told, and is well when it confirms", async () => {
  const { reloader, sources, told } = await start([firstAndOnly()]);
  sources[0]?.fail("no route");
  expect(told.at(-1)).toBe("failed download bundle_load_error: no route");
  sources[0]?.confirm();
  expect(reloader.failure).toBeUndefined();
});

test("a broken bundle stays broken while its source comes and goes", async () => {
  const { reloader, sources } = await start([firstAndOnly()]);
  await sources[0]?.give(toFetched("2", guardFiles("verdict := x")));
  sources[0]?.fail("no route");
  expect(reloader.failure?.stage).toBe("download");
  sources[0]?.confirm();
  expect(reloader.failure?.stage).toBe("compile");
});

test("P16: a digest on the blocklist is refused, at the start too", async () => {
  const settings = `activation: { blocklist: ["${"2".repeat(64)}"] }`;
  const { active, sources, told } = await start([firstAndOnly()], settings);
  await sources[0]?.give(toFetched("2", sound));
  expect(active()).toBe("1");
  expect(told.at(-1)).toBe(
    `failed verify bundle_blocked_error: the digest \`${"2".repeat(64)}\` is not taken: it is on the blocklist`,
  );
  await expect(
    start([createMemorySource(toFetched("2", sound))], settings),
  ).rejects.toMatchObject({ code: "bundle_blocked_error" });
});

/** A check in which a guard failed. */
function failureOf(digit: string, mode: "enforce" | "monitor"): Outcome {
  return {
    verdict: "error",
    enforced: true,
    revision: digit.repeat(64),
    steps: [{ guard: "gate", verdict: "error", mode, ms: 1 }],
  };
}

test("P14: five failures of guards take the new revision back, and it stays away until the source changes", async () => {
  const { active, reloader, sources, statuses, told } = await start([
    firstAndOnly(),
  ]);
  const [source] = sources;
  await source?.give(toFetched("2", sound));
  for (let count = 0; count < 4; count += 1) {
    reloader.note(failureOf("2", "enforce"));
    reloader.note(failureOf("2", "monitor"));
    reloader.note(failureOf("1", "enforce"));
  }
  expect(active()).toBe("2");
  reloader.note(failureOf("2", "enforce"));
  expect(active()).toBe("1");
  expect(told.at(-1)).toBe("rolled back automatic 2 to 1");
  expect(reloader.failure).toMatchObject({
    stage: undefined,
    error: {
      code: "bundle_blocked_error",
      rawMessage: `the revision \`${"2".repeat(64)}\` was rolled back: 5 failures of guards in 60 s`,
    },
  });
  expect(statuses.at(-1)?.["bundle"]?.active_revision).toBe("1".repeat(64));
  // The source still holds it.
  await source?.give(toFetched("2", sound));
  expect(active()).toBe("1");
  // After another revision it may come again.
  await source?.give(toFetched("3", sound));
  await source?.give(toFetched("2", sound));
  expect(active()).toBe("2");
  expect(source?.keptDigests.map((digest) => digest[0]).join("")).toBe("12132");
});

test("failures of the only revision, or of one rolled back to, change nothing", async () => {
  const { active, reloader, sources, told } = await start([firstAndOnly()]);
  const burst = (digit: string) => {
    for (let count = 0; count < 10; count += 1) {
      reloader.note(failureOf(digit, "enforce"));
    }
  };
  burst("1");
  await sources[0]?.give(toFetched("2", sound));
  await sources[0]?.give(toFetched("3", sound));
  burst("3");
  expect(active()).toBe("2");
  burst("2");
  expect(active()).toBe("2");
  expect(told.filter((one) => one.startsWith("rolled"))).toHaveLength(1);
});

test("a rollback by command goes one back, or to a digest that was kept", async () => {
  const { active, reloader, sources } = await start(
    [firstAndOnly()],
    "activation: { history: 2 }",
  );
  expect(() => reloader.rollBack()).toThrow(
    new PolicyError(
      "server_request_error",
      "there is no earlier revision to go back to",
    ),
  );
  for (const digit of ["2", "3", "4"]) {
    await sources[0]?.give(toFetched(digit, sound));
  }
  const kept = () =>
    reloader.history.kept.map(({ revision }) => revision.digest[0]).join("");
  expect(kept()).toBe("432");
  expect(() => reloader.rollBack("111111")).toThrow(
    "`111111` is no revision that was kept",
  );
  expect(() => reloader.rollBack("444444")).toThrow(
    "`444444` is the revision in force",
  );
  reloader.rollBack("222222");
  expect(active()).toBe("2");
  expect(kept()).toBe("2");
});

const team = (name: string, verdict = "true") => ({
  [`guards/${name}/guard.rego`]: `package guards.${name}\n\nverdict := ${verdict}\n`,
});
const order = {
  "guards/pipeline.yaml": "pipeline: [{ guard: a }, { guard: b }]\n",
};
const twoTeams = "bundles: { first: {}, second: {} }";

test("several bundles are in force together, and one that breaks does not hold up the other", async () => {
  const { active, reloader, sources } = await start(
    [
      createMemorySource(
        toFetched("1", { ...order, ...team("a") }, ["guards/a"]),
      ),
      createMemorySource(toFetched("2", team("b"), ["guards/b"])),
    ],
    twoTeams,
  );
  const before = active();
  const [first, second] = sources;
  await second?.give(toFetched("3", team("b", "x"), ["guards/b"]));
  expect(reloader.failure).toMatchObject({
    bundle: "second",
    stage: "compile",
  });
  await first?.give(
    toFetched("4", { ...order, ...team("a", "data.guards.b.verdict") }, [
      "guards/a",
    ]),
  );
  expect(reloader.history.kept).toHaveLength(2);
  const contents = reloader.history.kept[0]?.contents ?? new Map();
  expect([...contents.values()].map(({ digest }) => digest[0])).toEqual([
    "4",
    "2",
  ]);
  expect(reloader.failure?.bundle).toBe("second");
  await second?.give(toFetched("5", team("b"), ["guards/b"]));
  expect(reloader.failure).toBeUndefined();
  expect(before).not.toBe("");
});

const digitsInForce = (reloader: Reloader): string =>
  [...(reloader.history.kept[0]?.contents.values() ?? [])]
    .map(({ digest }) => digest[0])
    .join("");

/** Two bundles in force, `first` 1 and `second` 2. */
async function startTeams(): Promise<ReloaderBench> {
  const first = toFetched("1", { ...order, ...team("a") }, ["guards/a"]);
  const second = toFetched("2", team("b"), ["guards/b"]);
  const sources = [first, second].map((one) => createMemorySource(one));
  return start(sources, twoTeams);
}

test("what was rolled back of one bundle does not come back with another", async () => {
  const { reloader, sources } = await startTeams();
  const [first, second] = sources;
  const bad = toFetched("3", { ...order, ...team("a", "false") }, ["guards/a"]);
  await first?.give(bad);
  reloader.rollBack();
  expect(digitsInForce(reloader)).toBe("12");
  await second?.give(toFetched("4", team("b"), ["guards/b"]));
  expect(digitsInForce(reloader)).toBe("14");
  // The source only says again what was taken back: that is no new fault.
  await first?.give(bad);
  expect(digitsInForce(reloader)).toBe("14");
  expect(reloader.failure?.stage).toBeUndefined();
  const good = toFetched("5", { ...order, ...team("a") }, ["guards/a"]);
  await first?.give(good);
  expect(digitsInForce(reloader)).toBe("54");
});

test("a delta that has no place leaves its bundle as it is when another changes", async () => {
  const { reloader, sources } = await startTeams();
  const [first, second] = sources;
  const patch = { data: [{ op: "remove", path: "/guards/b/none" }] };
  const delta = { "patch.json": JSON.stringify(patch) };
  await second?.give(toFetched("9", delta, ["guards/b"]));
  const failure = reloader.failure;
  expect(failure).toMatchObject({ bundle: "second", stage: "verify" });
  // The source must not build its next one on it.
  expect(second?.forgotten).toBe(1);
  await first?.give(toFetched("3", { ...order, ...team("a") }, ["guards/a"]));
  expect(digitsInForce(reloader)).toBe("32");
  expect(reloader.failure).toBe(failure);
});

test("a delta of what was rolled back is not laid on what was before it", async () => {
  const source = createMemorySource(toFetched("1", sound));
  const { active, reloader } = await start([source]);
  await source.give(toFetched("2", sound));
  reloader.rollBack();
  const patch = { data: [{ op: "upsert", path: "/a", value: 1 }] };
  await source.give(toFetched("9", { "patch.json": JSON.stringify(patch) }));
  expect(active()).toBe("1");
  expect(reloader.failure?.error.rawMessage).toBe(
    "a delta bundle (patch.json) cannot change what was rolled back: a snapshot must come first",
  );
  expect(source.forgotten).toBe(1);
});

test("the same files under other roots are looked at again", async () => {
  const { reloader, sources, told } = await startTeams();
  await sources[1]?.give(toFetched("2", team("b"), ["guards"]));
  expect(told.at(-1)).toContain("detected overlapping roots in manifests");
  expect(reloader.failure?.bundle).toBe("second");
});

test.each([
  {
    note: "the same root",
    second: toFetched("2", team("a"), ["guards/a"]),
    want: "detected overlapping roots in manifests for these bundles: [first, second] (root guards/a is in multiple bundles)",
  },
  {
    note: "a root in another",
    second: toFetched("2", team("b"), ["guards"]),
    want: "detected overlapping roots in manifests for these bundles: [first, second] (guards overlaps guards/a)",
  },
  {
    note: "no manifest",
    second: toFetched("2", team("b")),
    want: "bundles [first, second] have overlapping roots and cannot be activated simultaneously because bundle(s) [second] specify empty root paths ('') which overlap with any other bundle root",
  },
  {
    note: "a package outside the roots",
    second: toFetched("2", team("a"), ["guards/b"]),
    want: "manifest roots [guards/b] do not permit 'package guards.a' in module 'guards/a/guard.rego'",
  },
  {
    note: "data outside the roots",
    second: toFetched("2", { "policies/x/data.json": "{}" }, ["guards/b"]),
    want: "manifest roots [guards/b] do not permit data at path '/x' (hint: check bundle directory structure)",
  },
  {
    note: "two orders of guards",
    second: toFetched("2", { ...order, ...team("b") }, ["guards/b"]),
    want: "the bundles [first, second] both have `guards/pipeline.yaml`",
  },
])("bundles that contradict each other are refused: $note", async (row) => {
  const first = toFetched("1", { ...order, ...team("a") }, ["guards/a"]);
  await expect(
    start(
      [createMemorySource(first), createMemorySource(row.second)],
      twoTeams,
    ),
  ).rejects.toThrow(new PolicyError("bundle_load_error", row.want));
});

test("data of several bundles lies in one document, and each may change", async () => {
  const people = (place: string, count: number) => ({
    [`policies/people/${place}/data.json`]: JSON.stringify({ count }),
  });
  const sum = "(data.people.north.count + data.people.south.count) == 3";
  const roots = (name: string, place: string) => [
    `guards/${name}`,
    `people/${place}`,
  ];
  const golden = {
    "guards/a/cases/sum.yaml":
      "cases:\n  - note: sum\n    want: { verdict: allow }\n",
  };
  const north = { ...order, ...team("a", sum), ...golden };
  const { reloader, sources } = await start(
    [
      createMemorySource(
        toFetched(
          "1",
          { ...north, ...people("north", 1) },
          roots("a", "north"),
        ),
      ),
      createMemorySource(
        toFetched(
          "2",
          { ...team("b"), ...people("south", 2) },
          roots("b", "south"),
        ),
      ),
    ],
    twoTeams,
  );
  const [first, second] = sources;
  // Only together they make the sum.
  await second?.give(
    toFetched(
      "3",
      { ...team("b"), ...people("south", 3) },
      roots("b", "south"),
    ),
  );
  expect(reloader.failure?.bundle).toBe("second");
  await first?.give(
    toFetched("4", { ...north, ...people("north", 0) }, roots("a", "north")),
  );
  expect(reloader.failure).toBeUndefined();
  expect(reloader.history.kept).toHaveLength(2);
});

describe("P13: the canary set", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-canary-"));
  const file = join(folder, "canary.yaml");
  writeFileSync(
    file,
    "cases:\n  - note: root\n    want: { verdict: allow }\n  - note: other\n    request: { path: /x }\n    want: { verdict: allow }\n",
  );
  const settings = (onChange: string) =>
    `activation: { canary: { files: [${file}], onChange: ${onChange} } }`;
  const narrower = toFetched(
    "2",
    guardFiles('verdict := input.path.raw == "/"'),
  );

  test("is reported where it changes", async () => {
    const { sources, told } = await start([firstAndOnly()], settings("report"));
    await sources[0]?.give(narrower);
    expect(told.at(-1)).toBe("loaded 2, 1 changes");
  });

  test("keeps the revision in force where that is wanted", async () => {
    const { active, sources, told } = await start(
      [firstAndOnly()],
      settings("block"),
    );
    await sources[0]?.give(narrower);
    expect(active()).toBe("1");
    expect(told.at(-1)).toBe(
      `failed canary ${file}:4:5: bundle_canary_error: the canary request \`other\` changes: allow, 200 → deny by gate, 403`,
    );
    await sources[0]?.give(toFetched("3", guardFiles("verdict := 1 == 1")));
    expect(active()).toBe("3");
  });

  test("must be there", async () => {
    await expect(
      start([firstAndOnly()], "activation: { canary: { files: [none.yaml] } }"),
    ).rejects.toThrow(
      new PolicyError(
        "bundle_canary_error",
        "the canary set `none.yaml` cannot be read",
      ),
    );
  });
});

test("a delta changes the data in force, once, and is not kept", async () => {
  const files = (level: number) => ({
    ...guardFiles("verdict := data.level == 2"),
    "policies/data.json": JSON.stringify({ level }),
    "guards/gate/cases/a.yaml":
      "cases:\n  - note: any\n    request: { path: / }\n    want: { verdict: allow }\n",
  });
  const delta = (operations: readonly object[], digit = "9") =>
    toFetched(digit, { "patch.json": JSON.stringify({ data: operations }) });
  const { reloader, sources, statuses, told } = await start([
    createMemorySource(toFetched("1", files(2))),
  ]);
  const [source] = sources;
  const up = delta([{ op: "upsert", path: "/list", value: [1] }]);
  await source?.give(up);
  const digest = reloader.history.kept[0]?.revision.digest;
  await source?.give(up);
  expect(reloader.history.kept[0]?.revision.digest).toBe(digest);
  expect(reloader.history.kept).toHaveLength(2);
  expect(statuses.at(-1)?.["bundle"]?.type).toBe("delta");
  // What the bundle's golden requests refuse, and what has no place.
  await source?.give(delta([{ op: "replace", path: "/level", value: 3 }], "8"));
  expect(told.at(-1)).toMatch(/^failed self_test .* bundle_test_error: /);
  await source?.give(delta([{ op: "remove", path: "/none" }], "7"));
  expect(told.at(-1)).toBe(
    "failed verify bundle_load_error: storage_not_found_error: document does not exist",
  );
  await source?.give(delta([{ op: "remove", path: "/list" }], "6"));
  expect(reloader.failure).toBeUndefined();
  expect(reloader.history.kept).toHaveLength(3);
});

test("a delta cannot be the first", async () => {
  const first = toFetched("1", { "patch.json": "{}" });
  await expect(start([createMemorySource(first)])).rejects.toThrow(
    "a delta bundle (patch.json) cannot be loaded by itself",
  );
});

test("a start with a broken bundle goes by the one that was kept", async () => {
  const kept = { ...toFetched("1", sound), keptAt: new Date(0) };
  const { active, reloader, sources, told } = await start(
    [createMemorySource(toFetched("2", guardFiles("verdict := x")), kept)],
    "bundle: { maxStaleness: 1d, onStale: stop }",
  );
  expect(active()).toBe("1");
  expect(told).toEqual([
    "loaded 1, 0 changes",
    "failed compile guards/gate/guard.rego:3:12: rego_unsafe_var_error: var x is unsafe",
  ]);
  // A restart makes nothing younger.
  expect(reloader.refusal?.code).toBe("bundle_stale_error");
  await sources[0]?.give(toFetched("3", sound));
  expect(active()).toBe("3");
  expect(reloader.refusal).toBeUndefined();
});

test("a start without the network says so, and is well when the source answers", async () => {
  const outdated = new PolicyError("bundle_load_error", "no route");
  const copy = { ...toFetched("1", sound), outdated, keptAt: new Date() };
  const { reloader, sources, told } = await start([createMemorySource(copy)]);
  expect(told.at(-1)).toBe("failed download bundle_load_error: no route");
  sources[0]?.confirm();
  expect(reloader.failure).toBeUndefined();
});

test("a source that is silent for too long stops the checks", async () => {
  const { reloader, sources } = await start(
    [firstAndOnly()],
    "bundle: { maxStaleness: 1ms, onStale: stop }",
  );
  expect(reloader.refusal).toBeUndefined();
  sources[0]?.fail("no route");
  await vi.waitFor(() => {
    expect(reloader.refusal?.message).toMatch(
      /^bundle_stale_error: the bundle `bundle` was last known to be current 0 s ago; it may be 1ms old$/,
    );
  });
  sources[0]?.confirm();
  expect(reloader.refusal).toBeUndefined();
});
