import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PolicyError } from "../../src/engine/index.ts";
import { createAdminListener } from "../../src/server/admin/admin.ts";
import { createMetrics } from "../../src/server/admin/metrics.ts";
import { always, startLoopback } from "../../test/support/loopback-server.ts";
import { rollback } from "./commands/rollback.ts";

const shown = {
  activated: "2026-03-04T12:31:10.339Z",
  from: {},
  pipeline: ["gate"],
};
const asked: (string | undefined)[] = [];
const listener = createAdminListener(
  { listen: "127.0.0.1:0" },
  {
    metrics: createMetrics(),
    status: () => ({ ready: true }),
    modes: () => ({}),
    compared: () => undefined,
    setMode: () => {},
    revisions: () => [
      { ...shown, revision: "bbb", active: true },
      { ...shown, revision: "aaa", active: false },
    ],
    rolledBack: () => [
      { digest: "ccc", reason: "5 failures", at: shown.activated },
    ],
    undoRollback: async () => ({ from: "bbb", to: "ccc" }),
    rollBack: (to) => {
      asked.push(to);
      if (to === "ffffff") {
        throw new PolicyError("server_request_error", "no such revision");
      }
      return { from: "bbb", to: to ?? "aaa", reason: "asked for by command" };
    },
  },
);
let admin: string;

beforeAll(async () => {
  admin = `http://${await listener.start()}`;
});

afterAll(async () => {
  await listener.close(0);
});

/** Runs the command; what it prints, and its exit code. */
async function run(flags: Readonly<Record<string, string | boolean>>) {
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
  };
  const out = vi.spyOn(console, "log").mockImplementation(keep);
  const error = vi.spyOn(console, "error").mockImplementation(keep);
  try {
    const code = await rollback.run({ flags, positionals: [] });
    return { code, lines };
  } finally {
    out.mockRestore();
    error.mockRestore();
  }
}

test.each([
  { note: "one back", flags: {}, code: 0, lines: ["bbb → aaa"] },
  {
    note: "to a digest",
    flags: { to: "cccccc" },
    code: 0,
    lines: ["bbb → cccccc"],
  },
  {
    note: "to none that was kept",
    flags: { to: "ffffff" },
    code: 1,
    lines: ["portcullis rollback: no such revision"],
  },
  {
    note: "to no digest",
    flags: { to: "1.4.0" },
    code: 1,
    lines: [
      "portcullis rollback: --to cannot be `1.4.0`; it is six or more digits of a digest",
    ],
  },
  {
    note: "of no address",
    flags: { admin: "nowhere" },
    code: 1,
    lines: [
      "portcullis rollback: --admin cannot be `nowhere`; it is an address as http://127.0.0.1:9193",
    ],
  },
  {
    note: "only a list",
    flags: { list: true },
    code: 0,
    lines: [
      `* bbb ${shown.activated}`,
      `  aaa ${shown.activated}`,
      `- ccc ${shown.activated} rolled back: 5 failures`,
    ],
  },
  { note: "undone", flags: { undo: true }, code: 0, lines: ["bbb → ccc"] },
  {
    note: "undone and to a digest",
    flags: { undo: true, to: "cccccc" },
    code: 1,
    lines: ["portcullis rollback: give --to or --undo"],
  },
])("rollback: $note", async ({ code, flags, lines }) => {
  expect(await run({ admin, ...flags })).toEqual({ code, lines });
});

test("a list asks for nothing", async () => {
  asked.length = 0;
  await run({ admin, list: true });
  expect(asked).toEqual([]);
});

test("an address where nobody answers is named", async () => {
  await expect(run({ admin: "http://127.0.0.1:1" })).rejects.toThrow(
    "server_request_error: no server answers at http://127.0.0.1:1",
  );
});

test("a refusal to list is told", async () => {
  const server = await startLoopback(always(403, '{"error": "no"}'));
  const answer = await run({
    admin: `http://127.0.0.1:${server.port}`,
    list: true,
  });
  await server.close();
  expect(answer).toEqual({ code: 1, lines: ["portcullis rollback: no"] });
});
