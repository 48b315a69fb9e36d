import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commands } from "./commands.ts";
import { completions } from "./completions.ts";
import { manual } from "./help.ts";

test("docs/cli.md is what the tables say; `npm run cli-docs` writes it", async () => {
  expect(readFileSync("docs/cli.md", "utf8")).toBe(await manual());
});

describe("completions", () => {
  /** What bash offers for a line. */
  function offered(script: string, words: readonly string[]): string[] {
    const list = words.map((word) => `'${word}'`).join(" ");
    const { stdout, stderr } = spawnSync(
      "bash",
      [
        "-c",
        `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _portcullis; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean);
  }

  test("bash completes commands, flags and files", async () => {
    const script = await completions("bash", commands);
    expect(offered(script, ["portcullis", "ch"])).toEqual(["check"]);
    expect(offered(script, ["portcullis", "fmt", "--dr"])).toEqual([
      "--drop-v0-imports",
    ]);
    expect(offered(script, ["portcullis", "fmt", "READ"])).toEqual([
      "README.md",
    ]);
  });

  test.each(["bash", "zsh", "fish"] as const)(
    "%s knows every command and flag",
    async (shell) => {
      const script = await completions(shell, commands);
      for (const { load, name } of commands) {
        expect(script).toContain(name);
        for (const flag of Object.keys((await load()).flags)) {
          expect(script).toContain(shell === "fish" ? flag : `--${flag}`);
        }
      }
      // The syntax, where the shell is there.
      const { error, status, stderr } = spawnSync(shell, ["-n"], {
        input: script,
        encoding: "utf8",
      });
      if (!error) {
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      }
    },
  );
});
