import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileSource } from "./compile-source.ts";
import { createModuleCache } from "./module-cache.ts";
import { createModuleFolder } from "./module-folder.ts";

const jobOf = (value: number) => ({
  modules: { "a.rego": `package a\n\nx := ${value}\n` },
  entrypoints: ["a/x"],
  builtins: [],
});

/** A cache, and how often something was compiled. */
function bench(size: number, path?: string) {
  const errors: string[] = [];
  const onError = ({ message }: Error) => errors.push(message);
  const folder =
    path === undefined
      ? undefined
      : createModuleFolder({ path, size: 2, onError });
  const cache = createModuleCache({ size, folder });
  let compiled = 0;
  const take = (value: number) =>
    cache.take(jobOf(value), async (job) => {
      compiled += 1;
      return compileSource(job);
    });
  return { take, errors, compiled: () => compiled };
}

test("one job is compiled once, also when two ask at the same time", async () => {
  const { compiled, take } = bench(2);
  const [one, other] = await Promise.all([take(1), take(1)]);
  expect(one.module).toBe(other.module);
  expect((await take(1)).module).toBe(one.module);
  expect(compiled()).toBe(1);
});

test("what was used longest ago goes first", async () => {
  const { compiled, take } = bench(2);
  for (const value of [1, 2, 1, 3, 1, 2]) {
    await take(value);
  }
  expect(compiled()).toBe(4);
});

test("what cannot be compiled is tried again", async () => {
  const cache = createModuleCache({ size: 2 });
  const take = () =>
    cache.take(jobOf(1), async () => {
      throw new Error("no");
    });
  await expect(take()).rejects.toThrow("no");
  await expect(
    cache.take(jobOf(1), async (job) => compileSource(job)),
  ).resolves.toMatchObject({ hostBuiltins: [] });
});

test("another process takes what is in the folder", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "portcullis-modules-")), "made");
  await bench(2, path).take(1);
  const { compiled, take } = bench(2, path);
  await take(1);
  expect(compiled()).toBe(0);
  for (const value of [2, 3, 4]) {
    await take(value);
  }
  expect(readdirSync(path)).toHaveLength(2);
});

test("two processes may write and read at the same time", async () => {
  const path = mkdtempSync(join(tmpdir(), "portcullis-modules-"));
  const caches = [bench(2, path), bench(2, path)];
  await Promise.all(
    caches.flatMap((one) => [one.take(1), one.take(2), one.take(1)]),
  );
  expect(caches.flatMap(({ errors }) => errors)).toEqual([]);
  const { compiled, take } = bench(2, path);
  await Promise.all([take(1), take(2)]);
  expect(compiled()).toBe(0);
});

test.each([
  {
    note: "a flipped bit",
    damage: (bytes: Buffer) => flip(bytes, bytes.length - 9),
  },
  {
    note: "another name of a builtin",
    damage: (bytes: Buffer) => flip(bytes, 90),
  },
  { note: "the end missing", damage: (bytes: Buffer) => bytes.subarray(0, -1) },
  { note: "nothing", damage: () => Buffer.alloc(0) },
])("a file that is not whole is compiled anew: $note", async ({ damage }) => {
  const path = mkdtempSync(join(tmpdir(), "portcullis-modules-"));
  await bench(2, path).take(1);
  const file = join(path, readdirSync(path)[0] ?? "");
  const sound = readFileSync(file);
  writeFileSync(file, damage(Buffer.from(sound)));
  const { compiled, errors, take } = bench(2, path);
  await take(1);
  expect(compiled()).toBe(1);
  expect(errors).toEqual([`\`${file}\` is not whole`]);
  expect(readFileSync(file).equals(sound)).toBe(true);
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

test("a folder that cannot be written costs nothing but the time", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "portcullis-modules-")), "file");
  writeFileSync(path, "");
  const { compiled, errors, take } = bench(2, path);
  await take(1);
  expect(compiled()).toBe(1);
  expect(errors).not.toEqual([]);
});
