import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  compile,
  format,
  inspect,
  loadPolicy,
  parseModule,
  readAnnotations,
} from "../../src/engine/index.ts";
import { regoMeaning } from "../support/rego-meaning.ts";

// Each NAME.rego stands beside what the compiler makes of it; `npm run golden`
// writes those files anew, and the diff is what a reviewer reads.
const here = import.meta.dirname;

function programs(folder: string): string[] {
  return readdirSync(join(here, folder))
    .filter((name) => name.endsWith(".rego"))
    .map((name) => name.slice(0, -".rego".length));
}

function read(folder: string, name: string): Record<string, string> {
  const file = `${name}.rego`;
  return { [file]: readFileSync(join(here, folder, file), "utf8") };
}

describe("plans", () => {
  test.each(programs("plan"))("%s", async (name) => {
    const found = inspect({
      modules: read("plan", name),
      entrypoints: ["authz/allow"],
    });
    if ("errors" in found) {
      throw found.errors[0];
    }
    await expect(found.ir).toMatchFileSnapshot(`plan/${name}.ir`);
    expect(found.wat).toContain("(func $g0.data.authz.allow (param i32 i32)");
    expect(found.wat).toContain("(func $plan.authz/allow");
    await expect(found.ast).toMatchFileSnapshot(`plan/${name}.ast.json`);
  });
});

describe("annotations", () => {
  test.each(programs("annotations"))("%s", async (name) => {
    const files = read("annotations", name);
    const found = readAnnotations(files);
    const [[file = "", text = ""] = []] = Object.entries(files);
    const parsed = parseModule(text, { file, locations: true, indent: " " });
    if ("errors" in found || "errors" in parsed) {
      throw new Error("the module has faults");
    }
    const list = `${JSON.stringify(found, undefined, 1)}\n`;
    await expect(list).toMatchFileSnapshot(`annotations/${name}.json`);
    await expect(`${parsed.ast}\n`).toMatchFileSnapshot(
      `annotations/${name}.ast.json`,
    );
  });
});

describe("layouts", () => {
  test.each(programs("format"))("%s", async (name) => {
    const [[file = "", text = ""] = []] = Object.entries(read("format", name));
    const found = format(text, { file });
    if ("errors" in found) {
      throw found.errors[0];
    }
    await expect(found.text).toMatchFileSnapshot(`format/${name}.formatted`);
    expect(regoMeaning(found.text)).toBe(regoMeaning(text));
    expect(format(found.text)).toEqual(found);
  });
});

describe("types from schemas", () => {
  test.each(programs("schemas"))("%s", async (name) => {
    const documents = JSON.parse(
      readFileSync(join(here, "schemas", `${name}.json`), "utf8"),
    );
    const compiled = compile({
      modules: read("schemas", name),
      schemas: { documents },
    });
    const errors = "errors" in compiled ? compiled.errors : [];
    const text = errors
      .map(({ details, message }) => `${[message, ...(details?.lines ?? [])].join("\n")}\n`)
      .join("");
    expect(text).not.toBe("");
    await expect(text).toMatchFileSnapshot(`schemas/${name}.txt`);
  });
});

describe("errors", () => {
  test.each(programs("errors"))("%s", async (name) => {
    const compiled = compile({
      modules: read("errors", name),
      entrypoints: ["a/p"],
    });
    const errors = "errors" in compiled ? compiled.errors : [];
    const text = errors.map(({ message }) => `${message}\n`).join("");
    expect(text).not.toBe("");
    await expect(text).toMatchFileSnapshot(`errors/${name}.txt`);
  });
});

// NAME.want.json is what genuine OPA answers for the package `a` and NAME.input.json.
describe("decisions", () => {
  test.each(programs("decisions"))("%s", async (name) => {
    const compiled = compile({
      modules: read("decisions", name),
      entrypoints: ["a"],
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm);
    const file = (kind: string): Buffer =>
      readFileSync(join(here, "decisions", `${name}.${kind}.json`));
    const decision = policy.start(file("input"));
    expect(JSON.parse(decision.evaluateJson("a") ?? "null")).toEqual(
      JSON.parse(file("want").toString()),
    );
  });
});
