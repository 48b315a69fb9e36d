import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine } from "./support/command-line.ts";
import { fetchAnswer } from "./support/http-client.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "./support/process.ts";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** Each curl line of the README with the output shown below it. */
function readExamples(): {
  readonly command: string;
  readonly output: string;
}[] {
  const text = readFileSync("README.md", "utf8");
  const pairs = text.matchAll(
    /```sh\n(curl [^\n]*)\n```\n+```\n([\s\S]*?)\n```/g,
  );
  return [...pairs].map(([, command = "", output = ""]) => ({
    command,
    output,
  }));
}

/** Decision ids differ each time; the README shows `…` for them. */
function withoutIds(text: string): string {
  return text.trim().replace(/"decision_id":"[^"]*"/, '"decision_id":"…"');
}

describe.skipIf(!hasCurl)("the curl lines of README.md", () => {
  let server: Program;
  let port: number;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-readme-"));
    const [grpc, http, admin] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
    ]);
    port = http;
    const config = readFileSync("portcullis.yaml", "utf8")
      .replace("9191", String(grpc))
      .replace("9192", String(http))
      .replace("9193", String(admin))
      .replace(/source: \.( |$)/m, `source: ${resolve(".")}$1`);
    const file = join(folder, "portcullis.yaml");
    writeFileSync(file, config);
    server = startProgram(process.execPath, [
      commandLine,
      "serve",
      "--config",
      file,
    ]);
    await waitFor("the server", async () => {
      try {
        const { status } = await fetchAnswer(
          `http://127.0.0.1:${admin}/readyz`,
        );
        return status === 200;
      } catch {
        return false;
      }
    });
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
  });

  test("there are three: an allow, a tool_scope deny, a dlp deny", () => {
    expect(readExamples()).toHaveLength(3);
  });

  test.each(readExamples())("$command", ({ command, output }) => {
    const { stdout } = spawnSync(
      "sh",
      ["-c", command.replace("9192", String(port))],
      {
        encoding: "utf8",
      },
    );
    expect(withoutIds(stdout)).toBe(output);
  });
});
