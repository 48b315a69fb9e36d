import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "../../test/support/command-line.ts";

const folders = 100;
const files = 50;
let tree = "";

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "portcullis-many-"));
  for (let one = 0; one < folders; one += 1) {
    const folder = join(tree, `d${one}`);
    mkdirSync(folder);
    for (let two = 0; two < files; two += 1) {
      const name = `d${one}.p${two}`;
      writeFileSync(
        join(folder, `p${two}.rego`),
        `package ${name}\n\nallow if input.x == ${two}\n`,
      );
      writeFileSync(
        join(folder, `p${two}_test.rego`),
        `package ${name}_test\n\ntest_allow if data.${name}.allow with input.x as ${two}\n`,
      );
    }
  }
});

/** More files than the program may have open at once. */
test.each([
  { args: ["check", "."], want: "" },
  { args: ["fmt", "--list", "."], want: "" },
  {
    args: ["test", "."],
    want: `PASS: ${folders * files}/${folders * files}\n`,
  },
])("10,000 files: $args", { timeout: 300_000 }, ({ args, want }) => {
  const { status, stderr, stdout } = spawnSync(
    "bash",
    [
      "-c",
      'ulimit -n 128; exec "$0" "$@"',
      process.execPath,
      commandLine,
      ...args,
    ],
    { cwd: tree, encoding: "utf8", maxBuffer: 1 << 26 },
  );
  expect({ status, stderr, stdout }).toEqual({
    status: 0,
    stderr: "",
    stdout: want,
  });
});
