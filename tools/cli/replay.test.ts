import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { treeOf } from "../../test/support/command-line.ts";
import { main } from "./main.ts";
import { showProgress } from "./progress.ts";

const event = (user: string, result: boolean) =>
  JSON.stringify({
    decision_id: user,
    path: "a/allow",
    input: { user },
    result,
  });

const folder = treeOf({
  "bundle/a.rego":
    'package a\n\ndefault allow := false\n\nallow if input.user == "al"\n',
  "changed.log": `${event("al", true)}\n${event("<bo>", true)}\n{"decision_id":\n`,
  "same.log": `${event("al", true)}\n`,
  "nothing.log": '{"msg": "started"}\n',
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function run(...words: string[]) {
  let text = "";
  const take = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(take);
  vi.spyOn(console, "error").mockImplementation((line) => take(`${line}\n`));
  const code = await main(["replay", ...words]);
  return { code, text: text.replaceAll(`${folder}/`, "") };
}

const bundle = ["--bundle", join(folder, "bundle")];
const log = (name: string) => ["--decisions", join(folder, name)];

describe("portcullis replay", () => {
  test.each([
    { name: "same.log", code: 0 },
    { name: "changed.log", code: 2 },
    { name: "nothing.log", code: 1 },
  ])("exit code of $name", async ({ code, name }) => {
    expect((await run(...bundle, ...log(name))).code).toBe(code);
  });

  test("pretty", async () => {
    const { text } = await run(...bundle, ...log("changed.log"));
    for (const part of [
      "│ 1       │ allow-to-deny │ data.a.allow │ data.a.allow │",
      "first at changed.log:2 (<bo>)\n  recorded: true\n  replayed: false",
      "changed.log:3: the document is cut off",
      "│ bundle/a.rego │ 100.0 % │",
      "2 events: 1 the same, 1 changed, 0 not comparable, 1 fault of the logs;",
    ]) {
      expect(text).toContain(part);
    }
  });

  test("json", async () => {
    const { text } = await run(...bundle, ...log("changed.log"), "-f", "json");
    expect(JSON.parse(text)).toMatchObject({
      counts: { events: 2, changed: 1, faults: 1 },
      changed: [{ kind: "allow-to-deny", count: 1, samples: [{ line: 2 }] }],
      coverage: { coverage: 100 },
    });
  });

  test("junit", async () => {
    const { text } = await run(...bundle, ...log("changed.log"), "-f", "junit");
    expect(text).toContain('tests="2" failures="1"');
    expect(text).toContain(
      "changed.log:2 &lt;bo&gt;\n  recorded: true\n  replayed: false</failure>",
    );
  });

  test("sarif", async () => {
    const { text } = await run(...bundle, ...log("changed.log"), "-f", "sarif");
    const [result] = JSON.parse(text).runs[0].results;
    expect(result).toMatchObject({
      ruleId: "allow-to-deny",
      locations: [{ physicalLocation: { region: { startLine: 2 } } }],
    });
  });

  test.each([
    {
      words: [],
      text: "portcullis replay: give the decision logs by --decisions\n",
    },
    {
      words: log("same.log"),
      text: "portcullis replay: give what decides again by --bundle\n",
    },
    {
      words: [...bundle, ...log("none")],
      text: "bundle_load_error: there is no `none`\n",
    },
  ])("used wrongly: $words", async ({ text, words }) => {
    expect(await run(...words)).toEqual({ code: 1, text });
  });
});

test("progress is shown on a terminal, and taken away", () => {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => {
    written.push(String(text));
    return true;
  };
  const shown = showProgress(200, { isTTY: true, write }, {});
  shown.show(100, "7 events");
  shown.show(101, "8 events");
  shown.end();
  expect(written[0]).toMatch(/^\r\[█{12}░{12}\] {2}50 % 7 events/);
  expect(written.at(-1)).toBe("\r\x1b[K");
  const fail = () => expect.fail();
  for (const [isTTY, env] of [
    [false, {}],
    [true, { CI: "1" }],
    [true, { NO_PROGRESS: "1" }],
    [true, { TERM: "dumb" }],
  ] as const) {
    const hidden = showProgress(200, { isTTY, write: fail }, env);
    hidden.show(100, "7 events");
    hidden.end();
  }
});
