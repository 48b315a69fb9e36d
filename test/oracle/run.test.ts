import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJs, type RegoObject } from "../../src/engine/index.ts";
import {
  createOpaServer,
  noDocuments,
  type OpaServer,
  readOpaConfig,
} from "../../src/server/index.ts";
import {
  canonicalJson,
  type ExactJson,
  parseExactJson,
} from "../support/exact-json.ts";
import { type Answer, fetchAnswer } from "../support/http-client.ts";
import { opaBinary } from "../support/opa-binary.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { runInput } from "./generate/run-input.ts";

const policy = `package app

import data.users

allow if input.user in users

default deny := false

f(x) := x + 1

s contains 1

s contains 2

conflict := 1 if input.a

conflict := 2 if input.b

wrong := to_number("x")

decision := {"allowed": input.n > 3, "headers": {"x-n": sprintf("%v", [input.n])}, "seen": input} if input.n

decision := {"allowed": false, "http_status": 400 + count(input.list)} if not input.n

texts := [json.marshal(x) | some x in input.list]

shown := sprintf("%v %v", [input.list, input.n])

sorted := sort(input.list)

paths[concat("/", [sprintf("%v", [p]) | some p in path])] := value if {
	walk(input, [path, value])
	not is_object(value)
	not is_array(value)
}

sums := {"sum": sum(numbers), "max": max(numbers)} if {
	numbers := [x | some x in input.list; is_number(x)]
	count(numbers) > 0
}

members := {x | some x in input.list}

noted if {
	some x in input.list
	trace(sprintf("x is %v", [x]))
	x > 1
}

unions := object.union(input, {"extra": {"n": input.n}})
`;

const data = { users: ["a", "b"], n: { arr: [1, { k: "v" }] } };

type Request = {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const post = (path: string, body: string): Request => ({
  method: "POST",
  path,
  body,
});

// `debug` has Unify lines in OPA.
const explained = ["full", "notes", "fails", "off"];

// In order: some change what the next ones see.
const requests: readonly Request[] = [
  post("/v1/data/app/allow", '{"input":{"user":"a"}}'),
  post("/v1/data/app/allow", '{"input":{"user":"z"}}'),
  post("/v1/data/app/allow", ""),
  post("/v1/data/app/allow", "{}"),
  post("/v1/data/app/allow", '{"input":null}'),
  post("/v1/data/app/allow", '{"input":'),
  post("/v1/data/app/allow", "[1]x"),
  post("/v1/data/app/texts", '{"input":{"list":["<a>&"]}}'),
  { path: "/v1/data/app/allow" },
  { path: "/v1/data/app/allow?metrics&provenance&pretty" },
  { path: "/v1/data/app/allow?pretty=false" },
  { path: "/v1/data/app?pretty=true" },
  { path: "/v1/data?pretty" },
  { path: "/v1/data/" },
  { path: "/v1/data/n/arr/1/k" },
  { path: "/v1/data/n/arr/7" },
  { path: "/v1/data/n/%22x" },
  { path: "/v1/data/app/f" },
  { path: "/v1/data/app/wrong" },
  { path: "/v1/data/app/wrong?strict-builtin-errors" },
  { path: "/v1/data/app/allow?input=%7B%22user%22:%22a%22%7D" },
  { path: "/v1/data/app/allow?input=%7B" },
  ...explained.flatMap((mode) => [
    post(`/v1/data/app/decision?explain=${mode}`, '{"input":{"n":4}}'),
    post(`/v1/data/app/decision?pretty&explain=${mode}`, '{"input":{}}'),
    post(`/v1/data/app/noted?explain=${mode}`, '{"input":{"list":[1,2]}}'),
    post(`/v1/data/app/noted?pretty&explain=${mode}`, '{"input":{"list":[1]}}'),
    { path: `/v1/data/app/noted?explain=${mode}` },
    { path: `/v1/data/app/nope?explain=${mode}` },
    { path: `/v1/query?explain=${mode}&q=data.app.s%5Bx%5D` },
    { path: `/v1/query?pretty&explain=${mode}&q=x=1%3By=x` },
    { path: `/v1/query?explain=${mode}&q=false` },
  ]),
  post("/v1/data/app/conflict", '{"input":{"a":1,"b":1}}'),
  post("/v0/data/app/allow", '{"user":"a"}'),
  post("/v0/data/app/allow", '{"user":"q"}'),
  post("/v0/data/app/nope", "{}"),
  post("/v0/data/app/allow", "{"),
  post("/", "{}"),
  { path: "/health" },
  { path: "/health?bundles&plugins" },
  { path: "/health/live" },
  { path: "/nope" },
  { path: "/v1/query?q=x=1" },
  { path: "/v1/query" },
  { path: "/v1/query?q=x=1;y=x" },
  { path: "/v1/query?q=data.app.s%5Bx%5D&pretty" },
  { path: "/v1/query?q=foo(1)" },
  post("/v1/query", '{"query":"input.a = x; y := 2","input":{"a":[1,2]}}'),
  post("/v1/query", '{"query":"1 == 1"}'),
  post("/v1/query", '{"query":"1 == 2"}'),
  post("/v1/query", '{"query":"data.app.conflict","input":{"a":1,"b":1}}'),
  post("/v1/query", '{"query":'),
  { path: "/v1/status" },
  { method: "PATCH", path: "/v1/policies" },
  { method: "DELETE", path: "/v1/query" },
  { method: "PUT", path: "/v1/data/new/a", body: '{"x":1}' },
  {
    method: "PUT",
    path: "/v1/data/new/a",
    body: '{"x":2}',
    headers: { "If-None-Match": "*" },
  },
  { method: "PUT", path: "/v1/data/app/allow", body: '{"x":1}' },
  { method: "PUT", path: "/v1/data/new/a/x/y", body: '{"x":1}' },
  { method: "PUT", path: "/v1/data/new/b", body: "{" },
  { path: "/v1/data/new" },
  {
    method: "PATCH",
    path: "/v1/data/new",
    body: '[{"op":"add","path":"/b","value":[1]},{"op":"add","path":"b/-","value":2}]',
  },
  {
    method: "PATCH",
    path: "/v1/data/new",
    body: '[{"op":"replace","path":"/b/0","value":null},{"op":"remove","path":"/b/1"}]',
  },
  { method: "PATCH", path: "/v1/data/new", body: '[{"op":"foo","path":"/b"}]' },
  {
    method: "PATCH",
    path: "/v1/data/new",
    body: '[{"op":"remove","path":"/z"}]',
  },
  {
    method: "PATCH",
    path: "/v1/data/new",
    body: '[{"op":"remove","path":"/b/9"}]',
  },
  { method: "PATCH", path: "/v1/data/new", body: '{"op"' },
  { path: "/v1/data/new" },
  { method: "DELETE", path: "/v1/data/new/a" },
  { method: "DELETE", path: "/v1/data/new/a" },
  { path: "/v1/data/new" },
  { method: "PUT", path: "/v1/policies/q", body: "package q\n\nx := 1\n" },
  { method: "PUT", path: "/v1/policies/q", body: "package q\n\nx := 1\n" },
  { path: "/v1/data/q" },
  { method: "PUT", path: "/v1/policies/q", body: "package q\n\nx := y\n" },
  { method: "PUT", path: "/v1/policies/q", body: "package q\n\nx := \n" },
  { method: "PUT", path: "/v1/policies/q", body: "" },
  { method: "PUT", path: "/v1/policies/q", body: "package new\n\nb := 1\n" },
  { path: "/v1/policies/q" },
  { path: "/v1/policies/zz" },
  { method: "DELETE", path: "/v1/policies/zz" },
  { method: "DELETE", path: "/v1/policies/q" },
  { path: "/v1/data/q" },
];

let opa: Program;
let server: OpaServer;
const base = { opa: "", own: "" };

describe.skipIf(opaBinary() === undefined)(
  "run --server answers as `opa run --server` does",
  () => {
    beforeAll(async () => {
      const folder = mkdtempSync(join(tmpdir(), "portcullis-run-"));
      writeFileSync(join(folder, "app.rego"), policy);
      writeFileSync(join(folder, "batch.rego"), batchPolicy);
      writeFileSync(join(folder, "data.json"), JSON.stringify(data));
      const port = await freePort();
      opa = startProgram(opaBinary() ?? "opa", [
        "run",
        "--server",
        "--disable-telemetry",
        "--log-level",
        "error",
        "--addr",
        `127.0.0.1:${port}`,
        join(folder, "app.rego"),
        join(folder, "batch.rego"),
        join(folder, "data.json"),
      ]);
      base.opa = `http://127.0.0.1:${port}`;
      await waitFor("opa", async () => {
        const { status } = await fetchAnswer(`${base.opa}/health`).catch(
          () => ({ status: 0 }),
        );
        return status === 200;
      });
      server = await createOpaServer({
        config: readOpaConfig({
          file: undefined,
          set: [],
          setFile: [],
          environment: {},
        }),
        documents: {
          ...noDocuments,
          modules: {
            [join(folder, "app.rego")]: policy,
            [join(folder, "batch.rego")]: batchPolicy,
          },
          data: fromJs(data) as RegoObject,
        },
        listeners: [
          {
            addr: "127.0.0.1:0",
            authentication: "off",
            authorization: "off",
            tls: undefined,
            unixSocketPerm: "755",
            isDiagnostic: false,
          },
        ],
        regoVersion: 1,
        builtins: [],
        network: { allows: () => true },
        environment: {},
        log: { write: () => {} },
      });
      base.own = `http://${(await server.start())[0]}`;
    }, 60_000);

    afterAll(async () => {
      await opa.stop();
      await server.close(1_000);
    });

    test.each(requests)("$method $path $body", async (request) => {
      const [wanted, got] = await Promise.all([
        send(base.opa, request),
        send(base.own, request),
      ]);
      expect(comparable(got)).toStrictEqual(comparable(wanted));
    });

    test("the metrics count the same requests by the same names", async () => {
      const asked = [
        { path: "/v1/data" },
        post("/v1/data/app/allow", "{}"),
        post("/v0/data/app/nope", "{}"),
        post("/", "{}"),
        { method: "PATCH", path: "/v1/policies" },
        { path: "/health" },
        { path: "/nope" },
        { path: "/v1/data/" },
        { path: "/metrics" },
      ];
      const [wanted, got] = await Promise.all(
        [base.opa, base.own].map(async (to) => {
          const before = await countsAt(to);
          for (const one of asked) {
            await send(to, one);
          }
          return grown(before, await countsAt(to));
        }),
      );
      expect(got).toStrictEqual(wanted);
      expect(got).toContain('{code="200",handler="v1/data",method="post"} 1');
    });

    test(`${count} generated inputs have the same decisions, seed ${seed}`, async () => {
      const random = createRandom(seed);
      const differences: unknown[] = [];
      for (let done = 0; done < count; done += batchSize) {
        const asked = Array.from({ length: batchSize }, () => ({
          rule: random.pick(rules),
          input: runInput(random),
        }));
        const request = post("/v1/data/batch/results", batchBody(asked));
        const [wanted, got] = await Promise.all([
          send(base.opa, request),
          send(base.own, request),
        ]);
        if (wanted.body.trim() !== got.body.trim()) {
          differences.push(...batchDifferences(asked, wanted.body, got.body));
        }
        expect(wanted.status).toBe(200);
      }
      expect(differences).toStrictEqual([]);
    }, 240_000);
  },
);

const rules = [
  "decision",
  "texts",
  "shown",
  "sorted",
  "paths",
  "sums",
  "members",
  "unions",
  "allow",
];

const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_126);
const count = 50_000;
// One request has many: HTTP would cost more than what is compared.
const batchSize = 1_000;

/** Decides each document by its rule; the answer is empty where the rule has none. */
const batchPolicy = `package batch

results := [answer |
	some asked in input.asked
	answer := [value | value := data.app[asked.rule] with input as asked.input]
]
`;

type Asked = { readonly rule: string; readonly input: string };

function batchBody(asked: readonly Asked[]): string {
  const members = asked.map(
    ({ input, rule }) => `{"rule":"${rule}","input":${input}}`,
  );
  return `{"input":{"asked":[${members.join(",")}]}}`;
}

/** The documents whose answers differ in more than the spelling of numbers. */
function batchDifferences(
  asked: readonly Asked[],
  wanted: string,
  got: string,
): readonly unknown[] {
  const [theirs, ours] = [wanted, got].map((body) => {
    const { result } = parseExactJson(body) as { readonly result?: ExactJson };
    return Array.isArray(result) ? result.map(canonicalJson) : [body];
  });
  const most = Math.max(theirs?.length ?? 0, ours?.length ?? 0);
  return Array.from({ length: most }, (_, at) => ({
    ...asked[at],
    wanted: theirs?.[at],
    got: ours?.[at],
  })).filter((one) => one.wanted !== one.got);
}

/** How often each series of requests was counted. */
async function countsAt(to: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await send(to, { path: "/metrics" });
  const lines = /^http_request_duration_seconds_count(\{.*\}) (\d+)$/gm;
  return new Map(
    [...body.matchAll(lines)].map(([, labels = "", times]) => [
      labels,
      Number(times),
    ]),
  );
}

/** What was counted meanwhile. */
function grown(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): readonly string[] {
  return [...after]
    .map(([labels, times]) => [labels, times - (before.get(labels) ?? 0)])
    .filter(([, times]) => times !== 0)
    .map(([labels, times]) => `${labels} ${times}`)
    .sort();
}

function send(to: string, { path, method = "GET", body, headers }: Request) {
  return fetchAnswer(`${to}${path}`, {
    method,
    ...(body !== undefined && { body }),
    headers: { "content-type": "application/json", ...headers },
  });
}

/** What must be the same: times and counters are masked, numbers are spelled in one way. */
function comparable({ body, headers, status }: Answer) {
  const type = headers["content-type"];
  return {
    status,
    type,
    body: type === "application/json" ? masked(body) : body,
  };
}

function masked(body: string): string {
  const shown = body
    .replace(/"(timer|counter|histogram)_([a-z_]+)": ?\d+/g, '"$1_$2":0')
    .replace(/portcullis-run-\w+/g, "folder");
  // Layout counts where it was asked for.
  return body.includes("\n  ")
    ? shown
    : withoutLocals(canonicalJson(parseExactJson(shown)));
}

/** A trace of OPA has the values of variables, and says which expressions it made. */
function withoutLocals(json: string): string {
  if (!json.includes('"explanation"')) {
    return json;
  }
  return JSON.stringify(
    JSON.parse(json, (name, value: unknown) => {
      const isLeftOut = name === "locals" || name === "generated";
      return isLeftOut ? undefined : value;
    }),
  );
}
