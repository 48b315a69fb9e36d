import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FormatOptions, format } from "../../src/engine/index.ts";
import { readCases } from "../conformance/case.ts";
import { mangleRego } from "../support/mangle-rego.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { createRandom } from "../support/random.ts";
import { regoMeaning } from "../support/rego-meaning.ts";
import { generateProgram } from "./generate/program.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);
const cases = "../shared/conformance/rego";

/** Files that are written, modules of the conformance cases, and generated ones. */
function texts(): readonly string[] {
  const written = ["guards", "policies", "test"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".rego"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const pinned = existsSync(cases)
    ? readCases(cases).flatMap(({ modules = [] }) => modules)
    : [];
  const random = createRandom(seed);
  const generated = Array.from(
    { length: 500 },
    (_, index) => generateProgram(random, index).text,
  );
  return [...written, ...pinned, ...generated];
}

/** What OPA makes of each text, in one process; undefined for all when it refuses one. */
function opaFormat(
  all: readonly string[],
  flags: readonly string[],
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-fmt-"));
  const files = all.map((text, index) => {
    const group = join(folder, String(Math.floor(index / 1000)));
    mkdirSync(group, { recursive: true });
    const file = join(group, `${index}.rego`);
    writeFileSync(file, text);
    return file;
  });
  const { status, stderr } = spawnSync(
    opa ?? "",
    ["fmt", "-w", "--check-result=false", ...flags, folder],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return files.map((file) => readFileSync(file, "utf8"));
}

/**
 * Texts with what we make of them, without those that we refuse. OPA has no
 * template strings where it writes for v0.
 */
function accepted(all: readonly string[], options: FormatOptions) {
  return all
    .filter((text) => !options.target || !/\$["`]/.test(text))
    .flatMap((text) => {
      const result = format(text, options);
      return "text" in result ? [{ text, own: result.text }] : [];
    });
}

/** Whether two texts mean the same, but for an import that the layout brings. */
function isSame(formatted: string, text: string): boolean {
  const meaning = regoMeaning(formatted.replace("import rego.v1\n", ""));
  return meaning === regoMeaning(text.replace("import rego.v1\n", ""));
}

type Mode = {
  readonly name: string;
  readonly flags: readonly string[];
  readonly options: FormatOptions;
};

const modes: readonly Mode[] = [
  { name: "v1", flags: [], options: {} },
  {
    name: "--drop-v0-imports",
    flags: ["--drop-v0-imports"],
    options: { dropV0Imports: true },
  },
  {
    name: "--v0-compatible",
    flags: ["--v0-compatible"],
    options: { target: "v0" },
  },
  { name: "--v0-v1", flags: ["--v0-v1"], options: { target: "v0-v1" } },
  {
    name: "--v0-v1 --v1-compatible",
    flags: ["--v0-v1", "--v1-compatible"],
    options: { target: "v0-v1", regoVersion: 1 },
  },
];

describe.skipIf(opa === undefined)(`fmt, seed ${seed}`, () => {
  test.each(modes)("$name: every byte as by OPA", ({ flags, options }) => {
    const formatted = accepted(texts(), options);
    const theirs = opaFormat(
      formatted.map(({ text }) => text),
      flags,
    );
    expect(formatted.length).toBeGreaterThan(options.target ? 100 : 1_000);
    const differing = formatted.flatMap(({ own, text }, index) => {
      // Where OPA loses a comment or writes no Rego, ours is right instead.
      const isSound =
        (options.target !== undefined && options.regoVersion !== 1) ||
        isSame(theirs[index] ?? "", text);
      return own === theirs[index] || !isSound
        ? []
        : [{ text, own, opa: theirs[index] }];
    });
    expect(differing.slice(0, 2)).toEqual([]);
    for (const { own } of formatted.slice(0, 500)) {
      expect(format(own, options)).toEqual({ text: own });
    }
  });

  test("laid out badly: sound, and as by OPA where that is sound", () => {
    const random = createRandom(seed);
    const mangled = texts().map((text) => mangleRego(text, random));
    const formatted = accepted(mangled, {});
    const theirs = opaFormat(
      formatted.map(({ text }) => text),
      [],
    );
    const judged = formatted.map(({ own, text }, index) => {
      const meaning = regoMeaning(text);
      const other = theirs[index] ?? "";
      return {
        text,
        own,
        opa: other,
        isSound: regoMeaning(own) === meaning,
        isAsOpa: own === other || regoMeaning(other) !== meaning,
      };
    });
    const unsound = judged.filter(({ isSound }) => !isSound);
    const differing = judged.filter(({ isAsOpa }) => !isAsOpa);
    expect(formatted.length).toBeGreaterThan(1_000);
    // Two expressions on one line around a comment: it may be written twice.
    expect(unsound.length).toBeLessThan(formatted.length / 100);
    // After a comment that it lost its way on, OPA's may be sound by chance.
    expect(differing.length).toBeLessThan(formatted.length / 200);
  });

  test.each([
    ["module", "package a\n\np if {\n"],
    ["import", "package a\n\nimport data.x\nimport data.x\n"],
    ["root", "package a\n\ninput := 1\n"],
    ["deprecated", "package a\n\np if any([input.x])\n"],
    ["v0", "package a\n\np { true }\n"],
    ["empty", ""],
    ["query", "1 + 1"],
  ])("refused as by OPA: %s", (_, text) => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-fmt-"));
    writeFileSync(join(folder, "x.rego"), text);
    const { status } = spawnSync(opa ?? "", ["fmt", "x.rego"], { cwd: folder });
    expect(status).toBe(2);
    expect(format(text)).toHaveProperty("errors");
  });
});
