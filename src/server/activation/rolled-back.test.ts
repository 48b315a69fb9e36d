import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createMemorySource,
  toFetched,
} from "../../../test/support/memory-source.ts";
import {
  guardFiles,
  startReloader,
} from "../../../test/support/reloader-bench.ts";
import { PolicyError } from "../../engine/index.ts";

const sound = guardFiles("verdict := true");
const good = toFetched("1", sound);
const bad = toFetched("2", sound);

/** A folder, and its servers one after another. */
function machine() {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-rolled-back-"));
  const settings = `activation: { cacheFolder: ${folder} }`;
  const fileOf = () =>
    join(
      folder,
      readdirSync(folder).find((name) => name.startsWith("rolled-back-")) ?? "",
    );
  return {
    fileOf,
    written: () => JSON.parse(readFileSync(fileOf(), "utf8")),
    start: (source: ReturnType<typeof createMemorySource>) =>
      startReloader([source], settings),
  };
}

/** One whose first server was rolled back from `bad` to `good`. */
async function rolledBack() {
  const { fileOf, start, written } = machine();
  const source = createMemorySource(good);
  const { reloader } = await start(source);
  await source.give(bad);
  reloader.rollBack();
  await reloader.close();
  return { fileOf, start, written };
}

test("what was rolled back stays away after a restart", async () => {
  const { start, written } = await rolledBack();
  expect(written()).toMatchObject([
    { digest: bad.digest, reason: "asked for by command" },
  ]);
  const source = createMemorySource(bad, good);
  const { active, reloader } = await start(source);
  expect(active()).toBe("1");
  expect(reloader.failure).toMatchObject({
    stage: undefined,
    error: {
      code: "bundle_blocked_error",
      rawMessage: `the digest \`${bad.digest}\` is not taken: it was rolled back: asked for by command`,
    },
  });
  expect(reloader.history.rolledBack).toMatchObject([{ digest: bad.digest }]);
  await source.give(bad);
  expect(active()).toBe("1");
  // Once the source holds something else it may come again.
  await source.give(toFetched("3", sound));
  expect(active()).toBe("3");
  await source.give(bad);
  expect(active()).toBe("2");
  await reloader.close();
  expect(written()).toEqual([]);
});

test("a start without the network forgets nothing", async () => {
  const { start, written } = await rolledBack();
  const outdated = new PolicyError("bundle_load_error", "down");
  const source = createMemorySource({ ...good, outdated });
  const { active, reloader } = await start(source);
  await source.give(bad);
  expect(active()).toBe("1");
  await reloader.close();
  expect(written()).toHaveLength(1);
});

test("without another copy the server does not start", async () => {
  const { start } = await rolledBack();
  await expect(start(createMemorySource(bad))).rejects.toThrow(
    `the digest \`${bad.digest}\` is not taken: it was rolled back: asked for by command`,
  );
});

test("undone, it is taken, also after a restart", async () => {
  const { start, written } = await rolledBack();
  const { active, reloader } = await start(createMemorySource(bad, good));
  expect(await reloader.undoRollback()).toEqual({
    from: good.digest,
    to: bad.digest,
  });
  expect(active()).toBe("2");
  expect(reloader.failure).toBeUndefined();
  await expect(reloader.undoRollback()).rejects.toThrow(
    "nothing is rolled back",
  );
  await reloader.close();
  expect(written()).toEqual([]);
  expect((await start(createMemorySource(bad))).active()).toBe("2");
});

test("undone, what cannot be activated says why, and the good one stays", async () => {
  const { start } = await rolledBack();
  const broken = {
    ...bad,
    source: toFetched("2", guardFiles("verdict := x")).source,
  };
  const { active, reloader } = await start(createMemorySource(broken, good));
  await expect(reloader.undoRollback()).rejects.toThrow("var x is unsafe");
  expect(active()).toBe("1");
});

test("a file that is damaged is told, and the server starts", async () => {
  const { fileOf, start } = await rolledBack();
  writeFileSync(fileOf(), '[{"digest":1}]');
  const { active, told } = await start(createMemorySource(bad));
  expect(active()).toBe("2");
  expect(told[0]).toContain("is no list of what was rolled back");
});

test("other bundles in the same folder have a list of their own", async () => {
  const { start } = await rolledBack();
  const folder = mkdtempSync(join(tmpdir(), "portcullis-rolled-back-"));
  const { active } = await startReloader(
    [createMemorySource(bad)],
    `{ activation: { cacheFolder: ${folder} }, bundle: { source: other } }`,
  );
  expect(active()).toBe("2");
  await expect(start(createMemorySource(bad))).rejects.toThrow("not taken");
});
