import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The built command line, as an absolute path; `npm test` builds it first. */
export const commandLine = resolve("dist/tools/bin/portcullis.js");

/** What a command line answered. */
export type Ran = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

type RunOptions = {
  /** The folder it runs in; this project by default. */
  readonly cwd?: string;
  /** Its standard input. */
  readonly input?: string;
};

/** Runs a program to its end. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, input }: RunOptions = {},
): Ran {
  const { status, stdout, stderr } = spawnSync(program, [...args], {
    cwd,
    input,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Runs our command line to its end. */
export function runOwn(args: readonly string[], options: RunOptions = {}): Ran {
  return runProgram(process.execPath, [commandLine, ...args], options);
}

/** A new folder with these files. */
export function treeOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-tree-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
