import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capabilities } from "../../src/engine/builtins/capabilities.ts";
import {
  commandLine,
  runOwn,
  treeOf,
} from "../../test/support/command-line.ts";

function run(...args: string[]) {
  return runOwn(args);
}

const sender = `package a

# METADATA
# entrypoint: true
p if http.send({"method": "GET", "url": input.url}).status_code == 200
`;

function without(...names: readonly string[]): string {
  const builtins = capabilities.builtins.filter(
    ({ name }) => !names.includes(name),
  );
  return JSON.stringify({ ...capabilities, builtins });
}

describe("--capabilities", () => {
  test("a builtin that is not in the file is not defined", () => {
    const folder = treeOf({
      "a.rego": sender,
      "capabilities.json": without("http.send"),
    });
    const file = join(folder, "capabilities.json");
    const { status, stderr } = run(
      "check",
      "--capabilities",
      file,
      join(folder, "a.rego"),
    );
    expect(status).toBe(1);
    expect(stderr).toContain(
      "a.rego:5:6: rego_type_error: undefined function http.send",
    );
    expect(run("check", join(folder, "a.rego")).status).toBe(0);
  });

  test.each([
    ["no.json", "there is no such file"],
    ["v0.1.0", "there are no capabilities of version v0.1.0"],
  ])("%s is named", (file, text) => {
    const folder = treeOf({ "a.rego": sender });
    const { status, stderr } = run("check", "--capabilities", file, folder);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
  });

  test("allow_net lets tests reach the hosts that it names", async () => {
    const server = createServer((_, response) => response.end("{}"));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const folder = treeOf({
      "a.rego": sender,
      "a_test.rego": `package a

test_p if p with input.url as "http://127.0.0.1:${port}/"
`,
      "open.json": JSON.stringify({
        ...capabilities,
        allow_net: ["127.0.0.1"],
      }),
    });
    const files = [join(folder, "a.rego"), join(folder, "a_test.rego")];
    const open = join(folder, "open.json");
    // The server answers from this process, which must not wait for a child.
    const { spawn } = await import("node:child_process");
    const exit = (args: readonly string[]): Promise<number | null> =>
      new Promise((resolve) => {
        spawn(process.execPath, [commandLine, ...args], {
          stdio: "ignore",
        }).on("exit", resolve);
      });
    expect(await exit(["test", "--capabilities", open, ...files])).toBe(0);
    expect(await exit(["test", ...files])).toBe(2);
    server.closeAllConnections();
    server.close();
  });
});

describe("build", () => {
  test("entrypoints come from the metadata, and the host's part is told", () => {
    const folder = treeOf({ "a.rego": sender });
    const output = join(folder, "out.wasm");
    const { status, stderr } = run("build", folder, "-o", output);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /a\/p needs http\.send of its host \(.*a\.rego:5:6\)/,
    );
    expect(existsSync(output)).toBe(true);
  });

  test("--target sdk refuses what the stock SDK has not", () => {
    const folder = treeOf({ "a.rego": sender });
    const output = join(folder, "out.wasm");
    const { status, stderr } = run(
      ...["build", "--target", "sdk", folder, "-o", output],
    );
    expect(status).toBe(1);
    expect(stderr).toContain(
      "a.rego:5:6: rego_compile_error: a/p calls http.send, which the stock SDK has not",
    );
    expect(existsSync(output)).toBe(false);
  });

  test("without an entrypoint it says how to name one", () => {
    const folder = treeOf({ "a.rego": "package a\n\np := 1\n" });
    const { status, stderr } = run("build", "-t", "wasm", folder);
    expect(status).toBe(1);
    expect(stderr).toContain("--entrypoint");
  });
});

test("capabilities --file refuses what is no capabilities file", () => {
  const folder = treeOf({ "x.json": '{"builtins": ["count"]}' });
  const file = join(folder, "x.json");
  const { status, stderr, stdout } = run("capabilities", "--file", file);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(
    "`builtins` must be a list of objects with a `name`",
  );
});
