import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { PolicyError } from "../../../src/engine/index.ts";

/** What differs between a commit and the files as they are. */
export type ChangedFiles = {
  /** Absolute paths, without links. */
  readonly paths: ReadonlySet<string>;
  /** What a file was in the commit; undefined when it was not there. */
  before(path: string): string | undefined;
};

// Enough for the text of any policy.
const maxBytes = 1 << 28;

/**
 * The files of a folder's repository that differ from a commit, those that git
 * does not know yet included. Throws where there is no git, no repository or no
 * such commit.
 */
export function changedFiles(ref: string, folder: string): ChangedFiles {
  if (ref.startsWith("-")) {
    throw fault(`\`${ref}\` names no commit`);
  }
  const top = realpathSync(
    git("-C", folder, "rev-parse", "--show-toplevel").trimEnd(),
  );
  const inTop = (args: readonly string[]): string => git("-C", top, ...args);
  const differing = inTop([
    "diff",
    "--name-only",
    "--no-renames",
    "-z",
    ref,
    "--",
  ]);
  const unknown = inTop(["ls-files", "--others", "--exclude-standard", "-z"]);
  const names = `${differing}${unknown}`.split("\0").filter(Boolean);
  const known = new Set(differing.split("\0"));
  const byPath = new Map(names.map((name) => [join(top, name), name]));
  return {
    paths: new Set(byPath.keys()),
    before: (path) => {
      const name = byPath.get(path);
      return name !== undefined && known.has(name)
        ? tryGit("-C", top, "show", `${ref}:${name}`)
        : undefined;
    },
  };
}

/** A path as `changedFiles` has it. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function git(...args: readonly string[]): string {
  const { error, status, stderr, stdout } = run(args);
  if (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw fault(isMissing ? "git is not installed" : error.message);
  }
  if (status !== 0) {
    const [first = ""] = stderr.split("\n");
    throw fault(first.replace(/^fatal: /, "git: "));
  }
  return stdout;
}

function tryGit(...args: readonly string[]): string | undefined {
  const { status, stdout } = run(args);
  return status === 0 ? stdout : undefined;
}

function run(args: readonly string[]) {
  return spawnSync("git", [...args], { encoding: "utf8", maxBuffer: maxBytes });
}

function fault(text: string): PolicyError {
  return new PolicyError("bundle_load_error", `--changed: ${text}`);
}
