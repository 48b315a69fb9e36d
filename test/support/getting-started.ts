import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { commandLine } from "./command-line.ts";

/** A command block of the walk, with what it printed. */
export type Step = {
  readonly command: string;
  readonly status: number | null;
  readonly output: string;
};

/** Runs the commands of docs/getting-started.md in order, in a new folder. */
export function walkThrough(): {
  readonly folder: string;
  readonly steps: readonly Step[];
} {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-start-"));
  const tools = mkdtempSync(join(tmpdir(), "portcullis-bin-"));
  const program = join(tools, "portcullis");
  writeFileSync(
    program,
    `#!/bin/sh\nexec "${process.execPath}" "${commandLine}" "$@"\n`,
  );
  chmodSync(program, 0o755);
  const text = readFileSync("docs/getting-started.md", "utf8");
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)];
  const steps = blocks.map(([, command = ""]): Step => {
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["-e", "-c", command],
      {
        cwd: folder,
        encoding: "utf8",
        env: {
          ...process.env,
          PATH: `${tools}${delimiter}${process.env["PATH"] ?? ""}`,
        },
      },
    );
    return { command, status, output: stdout + stderr };
  });
  return { folder, steps };
}
