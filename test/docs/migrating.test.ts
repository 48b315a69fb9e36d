import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parsePositionedYaml } from "../../src/bundle/index.ts";
import { parseConfig } from "../../src/server/index.ts";
import { commands } from "../../tools/cli/commands.ts";

const guide = readFileSync("docs/migrating-from-opa.md", "utf8");

const blocks = [...guide.matchAll(/```yaml (\w+)\n([\s\S]*?)```/g)].map(
  ([, kind = "", text = ""], index) => ({
    kind,
    text,
    note: `${kind} ${index + 1}`,
  }),
);

describe("docs/migrating-from-opa.md", () => {
  test.each(blocks.filter(({ kind }) => kind === "portcullis"))(
    "$note is a configuration",
    ({ text }) => {
      parseConfig(text, "portcullis.yaml");
    },
  );

  test("all kinds of enforcement and of blocks are shown", () => {
    const compared = blocks
      .filter(({ kind }) => kind === "portcullis")
      .map(({ text }) => parseConfig(text, "portcullis.yaml").compare?.enforce);
    expect(compared).toEqual(["reference", "reference", "native", undefined]);
  });

  test.each(blocks.filter(({ kind }) => kind !== "portcullis"))(
    "$note is YAML and asks one of the two services",
    ({ text }) => {
      const { value } = parsePositionedYaml(text, "block.yaml");
      expect(JSON.stringify(value)).toMatch(
        /"cluster_name":"(opa|portcullis)"|"service":"(opa|portcullis)\.authz\.|"provider":\{"name":"authz"\}/,
      );
    },
  );

  test("every command and flag exists", async () => {
    const lines = [...guide.matchAll(/^ {4}portcullis (.+)$/gm)].map(
      ([, line = ""]) => line.split(" "),
    );
    expect(lines.length).toBeGreaterThan(4);
    for (const [name, ...words] of lines) {
      const command = await commands.find((one) => one.name === name)?.load();
      for (const word of words.filter((one) => one.startsWith("--"))) {
        expect(command?.flags, `${name} ${word}`).toHaveProperty(word.slice(2));
      }
    }
  });
});
