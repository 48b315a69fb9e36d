import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { CompareReport } from "../../src/server/index.ts";
import { main } from "./main.ts";

const report: CompareReport = {
  since: "2026-01-01T00:00:00.000Z",
  observations: 2_000,
  same: 1_998,
  different: 2,
  skipped: 1,
  faults: { timeout: 3, unreachable: 0, failed: 0, garbage: 0 },
  enforced: { native: 5, reference: 2_000 },
  groups: [
    {
      rule: "gate",
      path: "/a|<b>",
      identity: "0123456789abcdef",
      kind: "allow-to-deny",
      count: 2,
      first: "2026-01-01T00:00:00.000Z",
      last: "2026-01-01T00:00:00.000Z",
      samples: [
        {
          request: {},
          response: {},
          masked: [],
          differences: [
            { part: "headers", reference: "a: b\nc: d", native: "" },
          ],
        },
      ],
    },
  ],
  ungrouped: 0,
};

const server = createServer((request, response) => {
  const isKnown = request.url === "/compare";
  response.writeHead(isKnown ? 200 : 404).end(JSON.stringify(report));
});
let url = "";

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function run(...words: string[]) {
  let text = "";
  const take = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(take),
    vi.spyOn(console, "error").mockImplementation((line) => take(`${line}\n`)),
  ];
  try {
    return { code: await main(["compare", ...words]), text };
  } finally {
    for (const spy of spies) {
      spy.mockRestore();
    }
  }
}

const counts =
  "2000 compared; 2 different (0.1 %); 5 answered by ours, 2000 by the reference; reference: 3 timeout; 1 left out\n";

describe("portcullis compare", () => {
  test.each([
    { words: ["status"], code: 0, text: counts },
    { words: ["status", "--fail-above", "0.1%"], code: 0, text: counts },
    { words: ["status", "--fail-above", "0.09%"], code: 2, text: counts },
    { words: ["status", "--fail-above", "0.0009"], code: 2, text: counts },
    {
      words: ["status", "--min-observations", "2001"],
      code: 1,
      text: `${counts}portcullis compare: 2000 checks were compared, 2001 are wanted\n`,
    },
    {
      words: [],
      code: 1,
      text: "portcullis compare: give one of status, report, watch\n",
    },
    {
      words: ["stat"],
      code: 1,
      text: "portcullis compare: there is no `stat`, only status, report, watch\n",
    },
    {
      words: ["report", "--format", "pdf"],
      code: 1,
      text: "portcullis compare: --format cannot be `pdf`; it is one of pretty, json, markdown, html\n",
    },
    {
      words: ["status", "--fail-above", "few"],
      code: 1,
      text: "portcullis compare: --fail-above cannot be `few`; write 0.1% or 0.001\n",
    },
  ])("$words", async ({ code, text, words }) => {
    expect(await run(...words, "--admin", url)).toEqual({ code, text });
  });

  test.each([
    {
      format: "pretty",
      has: [
        "│ 2         │ allow-to-deny │ gate │ /a|<b> │ 01234567 │",
        '  headers: "a: b\\nc: d" there, none here',
      ],
    },
    {
      format: "markdown",
      has: [
        "| 2 | allow-to-deny | `gate` | `/a··b·` | 01234567 | headers: `a: b; c: d` → none |",
      ],
    },
    { format: "html", has: ["<td>/a|&lt;b&gt;</td>", "<details>"] },
  ])("report as $format", async ({ format, has }) => {
    const { text } = await run("report", "--format", format, "--admin", url);
    for (const part of has) {
      expect(text).toContain(part);
    }
  });

  test("report as json has it all", async () => {
    const { text } = await run("report", "--format", "json", "--admin", url);
    expect(JSON.parse(text)).toEqual(report);
  });

  test("a server that compares nothing, and none", async () => {
    const nothing = await run("status", "--admin", `${url}/else`);
    expect(nothing.code).toBe(1);
    expect(nothing.text).toContain("its configuration has no `compare`");
    const nobody = await run("status", "--admin", "http://127.0.0.1:1");
    expect(nobody.text).toContain("no server answers at http://127.0.0.1:1");
  });
});
