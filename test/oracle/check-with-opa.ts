import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { GeneratedProgram } from "./generate/program.ts";

/** What genuine OPA makes of programs, by package. */
export type OpaVerdicts = {
  /** The errors of programs that it refuses: `row:col: code: text`. */
  readonly rejections: ReadonlyMap<string, readonly string[]>;
  /** Programs on which its compiler panics: there is nothing to compare. */
  readonly crashes: ReadonlySet<string>;
};

type OpaError = {
  readonly code: string;
  readonly message: string;
  readonly location?: {
    readonly file: string;
    readonly row: number;
    readonly col: number;
  };
  /** Where OPA gives no place. */
  readonly file?: string;
};

/** Compiles the programs with genuine OPA. */
export async function checkWithOpa(
  opa: string,
  programs: readonly GeneratedProgram[],
): Promise<OpaVerdicts> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-oracle-"));
  for (const { package: name, text } of programs) {
    writeFileSync(join(folder, `${name}.rego`), text);
  }
  const rejections = new Map<string, string[]>();
  const crashes = new Set<string>();
  // The compiler stops after the first stage with errors, so ask again
  // without the files it named, until it names none.
  for (;;) {
    const files = programs
      .map(({ package: name }) => name)
      .filter((name) => !rejections.has(name) && !crashes.has(name))
      .map((name) => join(folder, `${name}.rego`));
    const found = await errorsOf(opa, files, crashes);
    if (found.length === 0) {
      rmSync(folder, { recursive: true });
      return { rejections, crashes };
    }
    for (const { code, message, location, file } of found) {
      const name = basename(location?.file ?? file ?? "", ".rego");
      const place = `${location?.row}:${location?.col}`;
      const error = `${place}: ${code}: ${message}`;
      rejections.set(name, [...(rejections.get(name) ?? []), error]);
    }
  }
}

/** The errors of one compilation; files that crash it are named and left out. */
async function errorsOf(
  opa: string,
  files: readonly string[],
  crashes: Set<string>,
): Promise<readonly OpaError[]> {
  if (files.length === 0) {
    return [];
  }
  const { stdout, stderr } = await check(opa, files);
  const [only = ""] = files;
  if (stderr.includes("panic:")) {
    if (files.length > 1) {
      return inHalves(opa, files, crashes);
    }
    crashes.add(basename(only, ".rego"));
    return [];
  }
  const text = `${stdout}${stderr}`.trim();
  if (text === "" || text === "{}") {
    return [];
  }
  const { errors } = JSON.parse(text) as { errors: readonly OpaError[] };
  const placed = errors.filter(({ location }) => location !== undefined);
  if (placed.length > 0) {
    return placed;
  }
  // Some errors name no file: the one file that is left has them.
  return files.length > 1
    ? inHalves(opa, files, crashes)
    : errors.map((error) => ({ ...error, file: only }));
}

async function inHalves(
  opa: string,
  files: readonly string[],
  crashes: Set<string>,
): Promise<readonly OpaError[]> {
  const half = files.length >> 1;
  const first = await errorsOf(opa, files.slice(0, half), crashes);
  return [...first, ...(await errorsOf(opa, files.slice(half), crashes))];
}

/** `opa check` fails when it finds errors: its output counts, not its exit code. */
function check(
  opa: string,
  files: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const args = ["check", "--format", "json", "--max-errors", "100000"];
  return new Promise((resolve) => {
    execFile(
      opa,
      [...args, ...files],
      { maxBuffer: 1 << 28, timeout: 120_000 },
      (_error, stdout, stderr) => resolve({ stdout, stderr }),
    );
  });
}
