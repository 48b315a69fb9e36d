import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { archiveOf, guardTexts, secret } from "../../test/support/bundles.ts";
import { createRandom } from "../../test/support/random.ts";
import { startReloader } from "../../test/support/reloader-bench.ts";
import { readBundleSource } from "../bundle/source/bundle-reader.ts";
import type { Remote } from "../bundle/source/remote.ts";
import { createRemoteSource } from "../bundle/source/remote-source.ts";
import type { Trust } from "../bundle/source/trust.ts";

const key = { key: secret, algorithm: "HS256" };
const signed: Trust = {
  isRequired: true,
  verification: { keys: new Map([["ours", key]]) },
};
const unsigned: Trust = { isRequired: false, verification: undefined };

/** The archive with some bytes changed, inside or outside of its compression, or cut. */
function createDamage(archive: Uint8Array): (round: number) => Uint8Array {
  const random = createRandom(12_345);
  const tar = gunzipSync(archive);
  return (round) => {
    const isOuter = round % 4 === 0;
    const bytes = Buffer.from(isOuter ? archive : tar);
    for (let flips = 1 + random.below(3); flips > 0; flips -= 1) {
      const at = random.below(bytes.length);
      bytes[at] =
        round % 2 === 0
          ? random.below(256)
          : (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    const isCut = random.below(8) === 0;
    const cut = isCut ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    return isOuter ? cut : gzipSync(cut, { level: 0 });
  };
}

/** A server that gives the archive whole, then damaged anew at each request, so often; it tells when it has. */
function damagedRemote(
  archive: Uint8Array,
  times: number,
  end: () => void,
): Remote {
  const damaged = createDamage(archive);
  let round = -1;
  return {
    ...{ address: "b", canWait: false },
    fetch: async () => {
      round += 1;
      if (round > times) {
        end();
        return "unchanged";
      }
      return {
        archive: round === 0 ? archive : damaged(round),
        ...{ validator: undefined, from: "b", signatures: [] },
      };
    },
  };
}

/** What a server tells while its source gives damaged bundles. */
async function follow(archive: Uint8Array, trust: Trust, times: number) {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const source = createRemoteSource({
    remote: damagedRemote(archive, times, () => end()),
    ...{ trust, read: readBundleSource, cache: undefined },
    polling: { minMs: 0, maxMs: 0 },
  });
  const bench = await startReloader([source]);
  const first = bench.active();
  await ended;
  await bench.reloader.close();
  return { ...bench, first };
}

test("of 10,000 damaged bundles that must be signed none comes into force", async () => {
  const archive = await archiveOf(guardTexts("one"), { keyid: "ours" });
  const { active, first, told } = await follow(archive, signed, 10_000);
  const [loaded, ...refused] = told;
  expect(loaded).toBe(`loaded ${first}, 0 changes`);
  // The others say the same: what is changed means nothing.
  expect(refused.length).toBeGreaterThan(5_000);
  const others = refused.filter(
    (line) => !line.startsWith("failed download bundle_load_error: bundle b: "),
  );
  expect(others.slice(0, 3)).toEqual([]);
  expect(active()).toBe(first);
}, 240_000);

test("of damaged bundles that need no signature each is refused with its fault, or whole", async () => {
  const archive = await archiveOf(guardTexts("one"));
  const { active, told } = await follow(archive, unsigned, 100);
  expect(told.filter((line) => line.includes("internal_error"))).toEqual([]);
  const kinds = new Set(told.map((line) => line.split(" ", 2).join(" ")));
  expect(kinds).toContain("failed download");
  expect(active()).toMatch(/^[0-9a-f]$/);
}, 240_000);
