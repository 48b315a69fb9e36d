import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { opaBinary } from "../support/opa-binary.ts";
import { type Agreement, compareBatch } from "./compare-batch.ts";

// Programs by seed and package whose difference is known, with what it is.
const known: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("known-differences.json", import.meta.url), "utf8"),
);

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);
// One input of its own a program, and one more that asks the same module again.
const count = Number(process.env["ORACLE_PROGRAMS"] ?? 20_000);
const batchSize = 500;
const batches = Array.from(
  { length: Math.ceil(count / batchSize) },
  (_, index) => ({ seed: seed + index, size: batchSize }),
);

describe.skipIf(opa === undefined)(
  `${count} generated programs, seeds from ${seed}`,
  () => {
    const agreements: Agreement[] = [];

    test.concurrent.each(batches)("seed $seed: as under OPA", async (batch) => {
      const { differences, agreement } = await compareBatch(opa ?? "", batch);
      agreements.push(agreement);
      const found = differences.map((text) => ({
        name: `${batch.seed}/${/^package (p\d+)$/m.exec(text)?.[1]}`,
        text,
      }));
      const unknown = found.filter(({ name }) => known[name] === undefined);
      expect(unknown.map(({ text }) => text)).toEqual([]);
      // One that agrees must go off the list.
      const listed = Object.keys(known).filter((name) =>
        name.startsWith(`${batch.seed}/`),
      );
      const differing = new Set(found.map(({ name }) => name));
      expect(listed.filter((name) => !differing.has(name))).toEqual([]);
    });

    test("most programs compile, and most of their rules have a value", () => {
      const sum = (pick: (one: Agreement) => number): number =>
        agreements.reduce((total, one) => total + pick(one), 0);
      const answers = sum(({ answered }) => answered);
      process.stdout.write(
        `${sum(({ compiled }) => compiled)} programs and ${answers} inputs answered, ` +
          `${sum(({ rejected }) => rejected)} programs rejected, as by OPA\n`,
      );
      expect(sum(({ compiled }) => compiled)).toBeGreaterThan(count / 2);
      expect(answers).toBeGreaterThan(count);
    });
  },
);
