import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  DIFF_DELETE,
  DIFF_INSERT,
  diffCharsToLines,
  diffLinesToChars,
  diffMain,
} from "diff-match-patch-es";
import {
  fullName,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";

/** How stored values are dealt with. */
export type SnapshotMode = {
  /** What differs is stored anew, and what nobody asks for is taken away. */
  readonly update: boolean;
  /** What is not stored yet fails, for nobody would see what is written. */
  readonly ci: boolean;
};

type Counts = { written: number; updated: number };

const extension = ".snap";
const heading =
  "# Values of `snapshot_` rules; `portcullis test --update-snapshots` writes them anew.\n";
const entryMark = "\n== ";

/**
 * The values of `snapshot_` rules as they were, in a file beside the one that
 * a rule stands in: `authz_test.rego.snap`.
 */
export class Snapshots {
  private readonly mode: SnapshotMode;
  private readonly stored = new Map<string, Map<string, string>>();
  private readonly changed = new Set<string>();
  private readonly counts: Counts = { written: 0, updated: 0 };

  constructor(mode: SnapshotMode) {
    this.mode = mode;
  }

  /** The outcome of a snapshot's rule: a pass when its value is the stored one. */
  judge(outcome: TestOutcome): TestOutcome {
    const { snapshot, test } = outcome;
    if (snapshot === undefined || outcome.status === "error") {
      return outcome;
    }
    if (!existsSync(test.location.file)) {
      return failed(outcome, "values are stored beside files: this is none");
    }
    const entries = this.entries(test.location.file);
    const name = fullName(test);
    const stored = entries.get(name);
    if (stored === snapshot) {
      return { ...outcome, status: "pass" };
    }
    if (stored === undefined && this.mode.ci && !this.mode.update) {
      return failed(
        outcome,
        `no value is stored in ${snapFile(test.location.file)}`,
      );
    }
    if (stored !== undefined && !this.mode.update) {
      return failed(
        outcome,
        ["- stored, + found", ...lineDifference(stored, snapshot)].join("\n"),
      );
    }
    this.counts[stored === undefined ? "written" : "updated"] += 1;
    this.changed.add(test.location.file);
    entries.set(name, snapshot);
    return { ...outcome, status: "pass" };
  }

  /**
   * Writes what is to be stored. Says what was, and what is stored but no longer
   * asked for; `all` are the snapshots that there are, chosen to be run or not.
   */
  finish(all: TestSuite["snapshots"], files: readonly string[]): string {
    const obsolete = this.obsolete(all, files);
    for (const { file, name } of this.mode.update ? obsolete : []) {
      this.entries(file).delete(name);
      this.changed.add(file);
    }
    for (const file of this.changed) {
      writeEntries(snapFile(file), this.entries(file));
    }
    const { updated, written } = this.counts;
    const removed = this.mode.update ? obsolete.length : 0;
    const counted = [
      [written, "written"],
      [updated, "updated"],
      [removed, "removed"],
    ] as const;
    const lines = counted
      .filter(([count]) => count > 0)
      .map(([count, done]) => `snapshots ${done}: ${count}\n`);
    const named = this.mode.update
      ? []
      : obsolete.map(
          ({ file, name }) =>
            `${snapFile(file)}: obsolete: ${name}; --update-snapshots removes it\n`,
        );
    return [...lines, ...named].join("");
  }

  /** What is stored beside the files, or where one was, and has no rule. */
  private obsolete(all: TestSuite["snapshots"], files: readonly string[]) {
    const known = new Set(
      all.map((test) => `${test.location.file}\0${fullName(test)}`),
    );
    return snapshotted(files).flatMap((file) =>
      [...this.entries(file).keys()]
        .filter((name) => !known.has(`${file}\0${name}`))
        .map((name) => ({ file, name })),
    );
  }

  private entries(file: string): Map<string, string> {
    const known = this.stored.get(file) ?? readEntries(snapFile(file));
    this.stored.set(file, known);
    return known;
  }
}

function snapFile(file: string): string {
  return `${file}${extension}`;
}

/** Files of Rego, there or not, beside which values are stored. */
function snapshotted(files: readonly string[]): readonly string[] {
  const folders = new Set(files.map(dirname));
  return [...folders].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith(`.rego${extension}`))
          .map((name) => join(folder, name.slice(0, -extension.length)))
      : [],
  );
}

function failed(outcome: TestOutcome, why: string): TestOutcome {
  return { ...outcome, status: "fail", output: `${outcome.output}${why}\n` };
}

function readEntries(file: string): Map<string, string> {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [, ...entries] = text.split(entryMark);
  return new Map(
    entries.map((entry) => {
      const end = entry.indexOf("\n");
      return [entry.slice(0, end), entry.slice(end + 1).trimEnd()];
    }),
  );
}

function writeEntries(
  file: string,
  entries: ReadonlyMap<string, string>,
): void {
  if (entries.size === 0) {
    rmSync(file, { force: true });
    return;
  }
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = sorted.map(([name, text]) => `${entryMark}${name}\n${text}\n`);
  writeFileSync(file, `${heading}${texts.join("")}`);
}

// What fits on a screen.
const maxLines = 40;

/** The lines that only one of two texts has, in their order. */
function lineDifference(before: string, after: string): readonly string[] {
  const { chars1, chars2, lineArray } = diffLinesToChars(
    `${before}\n`,
    `${after}\n`,
  );
  const differences = diffMain(chars1, chars2, {}, false);
  diffCharsToLines(differences, lineArray);
  const lines = differences.flatMap(([operation, text]) => {
    const sign = signs[operation];
    const own = text.split("\n").slice(0, -1);
    return sign === undefined ? [] : own.map((line) => `${sign} ${line}`);
  });
  const more = lines.length - maxLines;
  return more > 0
    ? [...lines.slice(0, maxLines), `… and ${more} more lines`]
    : lines;
}

const signs: Readonly<Record<number, string>> = {
  [DIFF_DELETE]: "-",
  [DIFF_INSERT]: "+",
};
