import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { treeOf } from "../../../test/support/command-line.ts";
import { rawGuard } from "../../../test/support/wat.ts";
import {
  type SourceFiles,
  sha256Hex,
  toSourceFiles,
} from "../../bundle/index.ts";
import { RegoObject } from "../../engine/index.ts";
import { parseConfig } from "../config.ts";
import { type ReplayReport, replay } from "./replay.ts";

const packaged = `package small

default allow := false

allow if input.user == "alice"

names contains name if some name in input.names
`;

const module = `package authz

default allow := false

allow if input.user == "alice"

big := input.number

drawn := rand.intn("key", 10)

at := time.now_ns()

answer := http.send({"method": "GET", "url": "http://h"}).status_code

failing := 1 / 0 # an error where builtin errors count

names contains name if some name in input.names

conflict := 1 if input.a

conflict := 2 if input.b
`;

async function run(
  lines: readonly (object | string)[],
  log = "log.ndjson",
): Promise<ReplayReport> {
  const text = lines
    .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
    .join("\n");
  const folder = treeOf({ [log]: `${text}\n` });
  return replayFiles([join(folder, log)]);
}

function replayFiles(files: readonly string[]): Promise<ReplayReport> {
  return replay({
    files,
    documents: {
      modules: { "authz.rego": module, "small.rego": packaged },
      regoVersions: {},
      regoVersion: 1,
      data: RegoObject.of([]),
    },
    guards: undefined,
    builtins: [],
    coverage: true,
  });
}

function event(path: string, rest: object): object {
  return { decision_id: "id", path, ...rest };
}

const same = "same";

/** What became of the one event, in a line. */
function summaryOf({ groups, incomparable, counts }: ReplayReport): string {
  const [group] = groups;
  if (group) {
    const [sample] = group.samples;
    return `${group.rule} ${group.kind}: ${sample?.recorded} -> ${sample?.replayed}`;
  }
  const [reason] = incomparable;
  return reason ? reason.reason : counts.same === 1 ? same : "lost";
}

const alice = { user: "alice" };
const time = { timestamp: "2026-01-02T03:04:05.000000006Z" };

describe("one decision", () => {
  test.each([
    {
      note: "as recorded",
      event: event("authz/allow", { input: alice, result: true }),
      want: same,
    },
    {
      note: "a path with slashes around",
      event: event("/authz/allow/", { input: alice, result: true }),
      want: same,
    },
    {
      note: "allowed, and now denied",
      event: event("authz/allow", { input: { user: "bob" }, result: true }),
      want: "data.authz.allow allow-to-deny: true -> false",
    },
    {
      note: "denied, and now allowed",
      event: event("authz/allow", { input: alice, result: false }),
      want: "data.authz.allow deny-to-allow: false -> true",
    },
    {
      note: "nothing before",
      event: event("authz/allow", { input: alice }),
      want: "data.authz.allow became-defined: undefined -> true",
    },
    {
      note: "nothing after",
      event: event("authz/none", { result: 1 }),
      want: "data.authz.none became-undefined: 1 -> undefined",
    },
    {
      note: "nothing before and after",
      event: event("authz/none", {}),
      want: same,
    },
    {
      note: "numbers beyond doubles keep their digits",
      event:
        '{"decision_id":"1","path":"authz/big","input":{"number":123456789012345678901},"result":123456789012345678902}',
      want: "data.authz.big value: 123456789012345678902 -> 123456789012345678901",
    },
    {
      note: "another spelling of the same number",
      event:
        '{"decision_id":"1","path":"authz/big","input":{"number":1.0},"result": 1}',
      want: same,
    },
    {
      note: "a set is logged as a list",
      event: event("authz/names", {
        input: { names: ["b", "a"] },
        result: ["a", "b"],
      }),
      want: same,
    },
    {
      note: "a package: the rule that differs is named",
      event: event("small", {
        input: alice,
        result: { allow: false, names: [] },
      }),
      want: 'data.small.{allow} deny-to-allow: {"allow":false,"names":[]} -> {"allow":true,"names":[]}',
    },
    {
      note: "the time is the event's",
      event:
        '{"decision_id":"1","path":"authz/at","result":1767323045000000006,"timestamp":"2026-01-02T03:04:05.000000006Z"}',
      want: same,
    },
    {
      note: "chance answers as it did",
      event: event("authz/drawn", {
        result: 7,
        nd_builtin_cache: { "rand.intn": { '["key",10]': 7 } },
        ...time,
      }),
      want: same,
    },
    {
      note: "chance without a record",
      event: event("authz/drawn", { result: 7 }),
      want: "no answer of `rand.intn` was recorded",
    },
    {
      note: "a service without a record is not asked again",
      event: event("authz/answer", { result: 200 }),
      want: "no answer of `http.send` was recorded",
    },
    {
      note: "an erased field that the rule reads",
      event: event("authz/allow", {
        input: {},
        result: true,
        erased: ["/input/user"],
      }),
      want: "`/input/user` was erased or masked",
    },
    {
      note: "a masked field above what the rule reads",
      event: event("authz/allow", {
        input: {},
        result: true,
        masked: ["/input"],
      }),
      want: "`/input` was erased or masked",
    },
    {
      note: "an erased field that the rule does not read",
      event: event("authz/allow", {
        input: alice,
        result: true,
        erased: ["/input/password"],
      }),
      want: same,
    },
    {
      note: "a masked result",
      event: event("authz/allow", {
        input: alice,
        result: "***",
        masked: ["/result"],
      }),
      want: "`/result` was erased or masked",
    },
    {
      note: "an error that is gone",
      event: event("authz/conflict", {
        input: { a: true },
        error: { code: "x", message: "boom" },
      }),
      want: "data.authz.conflict error-gone: error: boom -> 1",
    },
    {
      note: "an error that stays an error",
      event: event("authz/conflict", { input: { a: 1, b: 1 }, error: "boom" }),
      want: same,
    },
    {
      note: "a new error",
      event: event("authz/conflict", { input: { a: 1, b: 1 }, result: 1 }),
      want: "data.authz.conflict became-error: 1 -> error: complete rules must not produce multiple outputs",
    },
    {
      note: "a query",
      event: {
        decision_id: "1",
        query: "data.authz.allow = x",
        input: alice,
        result: [{ x: true }],
      },
      want: same,
    },
    {
      note: "a query that cannot be read",
      event: {
        decision_id: "1",
        query: "data.authz.",
        input: alice,
        result: [],
      },
      want: /^it cannot be compiled: .*rego_parse_error/,
    },
    {
      note: "neither path nor query",
      event: { decision_id: "1", result: true },
      want: "the event names neither a path nor a query",
    },
    {
      note: "an input that is no JSON",
      event:
        '{"decision_id":"1","path":"authz/allow","input":{"a":01},"result":true}',
      want: "the event's input is no JSON",
    },
    {
      note: "a check without guards",
      event: { attributes: {} },
      want: "the bundle has no guards/pipeline.yaml to judge a check by",
    },
  ])("$note", async ({ event: line, want }) => {
    const found = summaryOf(await run([line]));
    if (typeof want === "string") {
      expect(found).toBe(want);
    } else {
      expect(found).toMatch(want);
    }
  });
});

describe("logs", () => {
  const good = event("authz/allow", { input: alice, result: true });

  test("what is broken costs only itself, and is named", async () => {
    const report = await run([
      good,
      JSON.stringify(good).slice(0, 30),
      good,
      "level=info nothing to see",
      { level: "info", msg: "Bundle loaded" },
    ]);
    expect(report.counts).toEqual({
      events: 2,
      same: 2,
      changed: 0,
      incomparable: 0,
      other: 1,
      faults: 2,
    });
    expect(
      report.faults.map(({ line, problem }) => `${line} ${problem}`),
    ).toEqual(["2 the document is cut off", "4 this is no JSON"]);
  });

  test("a gzip archive that ends too soon gives what came before", async () => {
    const folder = treeOf({});
    const packed = gzipSync(JSON.stringify(Array(20_000).fill(good)));
    const [whole, half] = ["whole", "half"].map((name) => join(folder, name));
    writeFileSync(whole as string, packed);
    writeFileSync(half as string, packed.subarray(0, packed.length - 20));
    const { counts } = await replayFiles([whole as string]);
    expect(counts).toMatchObject({ same: 20_000, faults: 0 });
    const broken = await replayFiles([half as string]);
    expect(broken.counts.same).toBeGreaterThan(0);
    expect(broken.faults).toMatchObject([
      { file: half, problem: "unexpected end of file" },
      { file: half, problem: "the document is cut off" },
    ]);
  });

  test("a file that is not there", async () => {
    const { faults } = await replayFiles(["/nowhere/log"]);
    expect(faults).toMatchObject([{ file: "/nowhere/log", line: 1 }]);
  });

  test("a planted bug is found exactly", async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) =>
      event("authz/allow", {
        input: { user: index % 3 === 0 ? "alice" : `user-${index}` },
        // The policy that was logged let one more in.
        result: index % 3 === 0 || index === 1_234,
      }),
    );
    const { counts, groups } = await run(lines);
    expect(counts).toMatchObject({ same: 2_999, changed: 1 });
    expect(groups).toMatchObject([
      {
        target: "data.authz.allow",
        kind: "allow-to-deny",
        count: 1,
        samples: [{ line: 1_235 }],
      },
    ]);
  });

  test("coverage is what all paths reached together", async () => {
    const { coverage } = await run([
      good,
      event("authz/names", { input: { names: ["a"] }, result: ["a"] }),
    ]);
    const missed = coverage?.files["authz.rego"]?.not_covered.map(
      ({ start }) => start.row,
    );
    expect(missed).not.toContain(5);
    expect(missed).not.toContain(17);
    expect(missed).toContain(7);
  });
});

const gate = "guards/gate/guard.rego";

const guards = {
  "guards/pipeline.yaml": "pipeline: [{guard: gate}]\n",
  "guards/gate/guard.yaml": "name: gate\n",
  [gate]: `package guards.gate

verdict := {"allowed": true, "headers": {"x-user": "a"}} if input.attributes.request.http.path == "/open"

verdict := {"allowed": false, "code": "closed", "reason": "closed", "http_status": 404} if {
	input.attributes.request.http.path != "/open"
}
`,
};

const request = (path: string) => ({
  attributes: { request: { http: { method: "GET", path, host: "h" } } },
});

describe("one check", () => {
  test.each([
    {
      note: "an answer that is the same",
      line: {
        request: request("/open"),
        response: {
          status: {},
          okResponse: { headers: [{ header: { key: "X-User", value: "a" } }] },
        },
      },
      want: same,
    },
    {
      note: "an answer with another header",
      line: {
        request: request("/open"),
        response: {
          status: {},
          okResponse: { headers: [{ header: { key: "x-user", value: "b" } }] },
        },
      },
      want: "headers answer: headers: x-user: b -> headers: x-user: a",
    },
    {
      note: "a request that was let through",
      line: {
        request: request("/shut"),
        response: { status: {}, okResponse: {} },
      },
      want: /^verdict,status,headers,body allow-to-deny: verdict: allow, .* -> verdict: deny, status: 404/,
    },
    {
      note: "a request alone",
      line: request("/open"),
      want: "the request was kept without its answer",
    },
    {
      note: "a changed answer whose guard may have read what is masked",
      line: {
        request: request("/shut"),
        response: { status: {}, okResponse: {} },
        masked: ["/request/attributes/request/http/path"],
      },
      want: "`/request/attributes/request/http/path` was masked, and the answer changed",
    },
    {
      note: "a changed answer whose guard read nothing that is masked",
      line: {
        request: request("/shut"),
        response: { status: {}, okResponse: {} },
        masked: [
          "/request/attributes/request/http/headers/authorization",
          "/request/attributes/request/http/body",
        ],
      },
      want: /allow-to-deny/,
    },
    {
      note: "an answer that is the same but for what was masked in it",
      line: {
        request: request("/shut"),
        response: {
          status: {},
          deniedResponse: {
            status: { code: "NotFound" },
            headers: [
              { header: { key: "content-type", value: "application/json" } },
              { header: { key: "x-token", value: "***" } },
            ],
            body: "***",
          },
          dynamicMetadata: { secret: "***" },
        },
        masked: [
          "/response/deniedResponse/headers/1/header",
          "/response/deniedResponse/body",
          "/response/dynamicMetadata/secret",
        ],
      },
      want: same,
    },
    {
      note: "another status beside what was masked",
      line: {
        request: request("/shut"),
        response: {
          status: {},
          deniedResponse: { status: { code: "Forbidden" }, body: "***" },
        },
        masked: ["/response/deniedResponse/body"],
      },
      want: /^status,headers answer: status: 403/,
    },
    {
      note: "a changed answer whose guard may have read a masked raw header",
      line: {
        request: {
          attributes: {
            request: {
              http: {
                method: "GET",
                path: "/open",
                headerMap: {
                  headers: [{ key: "X-Key", rawValue: "Kioq" }],
                },
              },
            },
          },
        },
        response: {
          status: {},
          okResponse: { headers: [{ header: { key: "x-user", value: "b" } }] },
        },
        masked: ["/request/attributes/request/http/headerMap/headers/0"],
      },
      guard: `package guards.gate

verdict := {"allowed": true} if input.attributes.request.http.headers["x-key"] != ""
`,
      want: "`/request/attributes/request/http/headerMap/headers/0` was masked, and the answer changed",
    },
    {
      note: "a record that is the same",
      line: {
        verdict: "deny",
        guard: "gate",
        code: "closed",
        reason: "closed",
        guards: [],
        input: request("/shut"),
      },
      want: same,
    },
    {
      note: "a record with another verdict",
      line: { verdict: "allow", guards: [], input: request("/shut") },
      want: "closed allow-to-deny: verdict: allow, guard: none, code: none, reason: none -> verdict: deny, guard: gate, code: closed, reason: closed",
    },
    {
      note: "a record without input",
      line: { verdict: "allow", guards: [] },
      want: "the record has no input: `decisionLog.input` writes it",
    },
    {
      note: "a budget's denial",
      line: {
        verdict: "deny",
        code: "budget_exceeded",
        guards: [],
        input: request("/open"),
      },
      want: "a budget decided, and what it held is in no log",
    },
  ])("$note", async ({ line, want, guard = guards[gate] }) => {
    const source = toSourceFiles(
      new Map(Object.entries({ ...guards, [gate]: guard })),
    );
    const found = await replayCheck(line, source);
    if (typeof want === "string") {
      expect(found).toBe(want);
    } else {
      expect(found).toMatch(want);
    }
  });

  test("a foreign guard may read anything that is masked", async () => {
    const wasm = rawGuard({ verdict: "false" });
    const manifest = `name: gate\nversion: 1.0.0\nmodule:\n  abi: raw\n  sha256: ${sha256Hex(wasm)}\n  allowUnsigned: true\n`;
    const source = toSourceFiles(
      new Map([
        ["guards/pipeline.yaml", guards["guards/pipeline.yaml"]],
        ["guards/gate/guard.yaml", manifest],
      ]),
      new Map([["guards/gate/guard.wasm", wasm]]),
    );
    const key = "/request/attributes/request/http/headers/x-key";
    const line = {
      request: request("/open"),
      response: { status: {}, okResponse: {} },
    };
    expect(await replayCheck({ ...line, masked: [key] }, source)).toBe(
      `\`${key}\` was masked, and the answer changed`,
    );
    expect(await replayCheck(line, source)).toMatch(/allow-to-deny/);
  });
});

/** What became of one line, judged by the guards of a source. */
async function replayCheck(
  line: unknown,
  source: SourceFiles,
): Promise<string> {
  const folder = treeOf({ log: JSON.stringify(line) });
  const report = await replay({
    files: [join(folder, "log")],
    documents: {
      modules: source.modules,
      regoVersions: {},
      regoVersion: 1,
      data: RegoObject.of([]),
    },
    guards: { source, config: parseConfig("", "") },
    builtins: [],
    coverage: false,
  });
  return summaryOf(report);
}
