import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import { parseConfig } from "../../src/server/index.ts";
import { treeOf } from "../support/command-line.ts";

const text = readFileSync("docs/supply-chain.md", "utf8");
const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, yaml = ""]) => yaml,
);

/** The files that the examples name. */
const folder = treeOf(
  Object.fromEntries(
    [...text.matchAll(/[\w-]+\.pem|client\.key/g)].map(([name]) => [
      name,
      String(
        generateKeyPairSync("ed25519").publicKey.export({
          type: "spki",
          format: "pem",
        }),
      ),
    ]),
  ),
);

describe("the documented configurations", () => {
  test("are there", () => expect(examples.length).toBeGreaterThan(1));

  test.each(examples)("make a source: %s", (yaml) => {
    const placed = yaml.replace(/[\w-]+\.pem|client\.key/g, (name) =>
      join(folder, name),
    );
    const { bundle } = parseConfig(placed, "portcullis.yaml");
    expect(() => createBundleSource(bundle)).not.toThrow();
  });
});
