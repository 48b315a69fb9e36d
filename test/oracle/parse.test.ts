import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseModule } from "../../src/engine/index.ts";
import { prettyModule } from "../../tools/cli/parse-pretty.ts";
import { runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { createRandom } from "../support/random.ts";
import { generateProgram } from "./generate/program.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);

/** Files that are written, and programs that are generated. */
function texts(): readonly string[] {
  const written = ["guards", "policies", "test/policies", "test/golden"]
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".rego"))
        .map((name) => readFileSync(join(folder, name), "utf8")),
    )
    .filter((text) => "ast" in parseModule(text));
  const random = createRandom(seed);
  const generated = Array.from(
    { length: 100 },
    (_, index) => generateProgram(random, index).text,
  ).filter((text) => "ast" in parseModule(text));
  return [...written, ...generated];
}

function ours(text: string, format: string): string {
  const parsed = parseModule(text, { file: "x.rego", indent: "  " });
  if ("errors" in parsed) {
    throw parsed.errors[0];
  }
  return format === "json"
    ? `${parsed.ast.trimEnd()}\n`
    : prettyModule(parsed.ast);
}

describe.skipIf(opa === undefined)(`parse, seed ${seed}`, () => {
  test("trees are printed as by OPA", { timeout: 300_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-parse-"));
    const all = texts();
    expect(all.length).toBeGreaterThan(100);
    const differences = all.flatMap((text) => {
      writeFileSync(join(folder, "x.rego"), text);
      return ["json", "pretty"].flatMap((format) => {
        const { stdout } = spawnSync(
          opa ?? "",
          ["parse", "-f", format, "x.rego"],
          { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 },
        );
        const own = ours(text, format);
        // OPA's printer takes texts with a percent sign for formats.
        const isMangled = format === "pretty" && text.includes("%");
        return isMangled || own === stdout
          ? []
          : [{ text, format, own, stdout }];
      });
    });
    expect(differences.slice(0, 2)).toEqual([]);
  });

  test("places are OPA's, also where it has one for all of a body", () => {
    const text = `package a

f(x) := y if {
	y := x
} else := 0 if g(x) == 0

p := 1 if input.a else := 2 if input.b

g(x) := [x, {"k": x.y[0]}] if { true } { x > 1 }
`;
    const folder = treeOf({ "x.rego": text });
    const flags = ["-f", "json", "--json-include", "locations"];
    const ran = runBoth(folder, ["parse", ...flags, "x.rego"]);
    expect(ran.own).toEqual(ran.opa);
  });
});
