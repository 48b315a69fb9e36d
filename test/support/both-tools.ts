import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { opaBinary } from "./opa-binary.ts";

/** What a command line answered. */
export type Ran = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

const found = opaBinary();

/** Genuine OPA, as an absolute path; undefined where it is not installed. */
export const opaProgram = found === undefined ? undefined : resolve(found);

const ourProgram = resolve("dist/tools/bin/portcullis.js");

/** A new folder with these files. */
export function treeOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-tree-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Runs one command line by both tools in a folder; `npm run build` builds ours. */
export function runBoth(
  cwd: string,
  args: readonly string[],
): { readonly opa: Ran; readonly own: Ran } {
  return {
    opa: run(opaProgram ?? "", args, cwd),
    own: run(process.execPath, [ourProgram, ...args], cwd),
  };
}

function run(program: string, args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr } = spawnSync(program, [...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}
