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
import { canonicalJson, parseExactJson } from "../support/exact-json.ts";
import { type Answer, fetchAnswer } from "../support/http-client.ts";
import { opaBinary } from "../support/opa-binary.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";
import { createRandom, type Random } from "../support/random.ts";

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
          modules: { [join(folder, "app.rego")]: policy },
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

    test("2,000 generated inputs have the same decisions", async () => {
      const random = createRandom(20);
      const differences: unknown[] = [];
      for (let round = 0; round < 50; round += 1) {
        const batch = Array.from({ length: 40 }, () => ({
          path: `/v1/data/app/${random.pick(rules)}`,
          body: `{"input":${document(random)}}`,
        }));
        const answers = await Promise.all(
          batch.map(async (one) => {
            const request = post(one.path, one.body);
            const wanted = comparable(await send(base.opa, request));
            const got = comparable(await send(base.own, request));
            return { ...one, wanted, got };
          }),
        );
        differences.push(
          ...answers.filter(
            ({ got, wanted }) => JSON.stringify(got) !== JSON.stringify(wanted),
          ),
        );
      }
      expect(differences).toStrictEqual([]);
    }, 120_000);
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

/** An input document with what the rules look at, and more. */
function document(random: Random): string {
  const list = Array.from({ length: random.below(5) }, () => value(random, 2));
  const members = [
    `"list":[${list.join(",")}]`,
    ...(random.chance(0.7) ? [`"n":${number(random)}`] : []),
    ...(random.chance(0.3) ? [`"user":${text(random)}`] : []),
    ...(random.chance(0.4) ? [`${text(random)}:${value(random, 3)}`] : []),
  ];
  return `{${members.join(",")}}`;
}

function value(random: Random, depth: number): string {
  switch (depth === 0 ? random.below(4) : random.below(6)) {
    case 0:
      return number(random);
    case 1:
      return text(random);
    case 2:
      return random.pick(["true", "false", "null"]);
    case 3:
      return number(random);
    case 4:
      return `[${Array.from({ length: random.below(4) }, () => value(random, depth - 1)).join(",")}]`;
    default:
      return `{${Array.from({ length: random.below(3) }, (_, at) => `"k${at}":${value(random, depth - 1)}`).join(",")}}`;
  }
}

function number(random: Random): string {
  return random.pick([
    "0",
    "1",
    "-1",
    "4",
    "1.5",
    "100.0",
    "1e3",
    "-0",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.1",
    "1e-7",
    String(random.below(1_000)),
  ]);
}

function text(random: Random): string {
  return random.pick([
    '"a"',
    '"b"',
    '""',
    '"é<&>"',
    '"\\u0000\\n"',
    '"\\ud83d\\ude00"',
    '"10"',
    '"a/b"',
  ]);
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
  return body.includes("\n  ") ? shown : canonicalJson(parseExactJson(shown));
}
