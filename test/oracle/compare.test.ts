import { afterAll, expect, test } from "vitest";
import {
  createServer,
  parseConfig,
  type Server,
} from "../../src/server/index.ts";
import { treeOf } from "../support/command-line.ts";
import { fetchAnswer } from "../support/http-client.ts";
import { opaBinary } from "../support/opa-binary.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";

const rule = (limit: number) => `package envoy.authz

default allow := {"allowed": false, "http_status": 403, "body": "no"}

allow := {"allowed": true, "headers": {"x-who": who}} if number < ${limit}

number := to_number(input.parsed_path[1])

who := input.attributes.request.http.headers["x-caller"]
`;

const guard = {
  "guards/pipeline.yaml": "pipeline: [{guard: opa}]\n",
  "guards/opa/guard.yaml": "name: opa\n",
  "guards/opa/guard.rego":
    "package guards.opa\n\nverdict := data.envoy.authz.allow\n",
};

const checks = 400;
const opa = opaBinary();
const programs: Program[] = [];
const servers: Server[] = [];

async function startOpa(): Promise<string> {
  const port = await freePort();
  const folder = treeOf({ "policy.rego": rule(200) });
  const address = `127.0.0.1:${port}`;
  programs.push(
    startProgram(opa ?? "", [
      "run",
      "--server",
      "--disable-telemetry",
      "--log-level",
      "error",
      "--addr",
      address,
      folder,
    ]),
  );
  const url = `http://${address}`;
  await waitFor("opa", () =>
    fetchAnswer(`${url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  return url;
}

/** A server whose policy lets numbers below `limit` pass; its addresses. */
async function startServer(limit: number, compare: string) {
  const folder = treeOf({ ...guard, "policies/authz.rego": rule(limit) });
  const config = parseConfig(
    [
      `bundle: { source: ${JSON.stringify(folder)}, watch: false }`,
      "grpc: { listen: 127.0.0.1:0 }",
      "http: { listen: 127.0.0.1:0 }",
      "admin: { listen: 127.0.0.1:0 }",
      "decisionLog: { file: off }",
      compare,
    ].join("\n"),
    "portcullis.yaml",
  );
  const server = await createServer(config, { log: { write: () => {} } });
  servers.push(server);
  return server.start();
}

type Report = {
  readonly observations: number;
  readonly different: number;
  readonly groups: readonly { readonly kind: string; readonly count: number }[];
};

async function compareAll(compare: string): Promise<Report> {
  const addresses = await startServer(201, compare);
  for (let number = 0; number < checks; number += 1) {
    const headers = { "x-caller": `c${number % 7}` };
    await fetchAnswer(`http://${addresses["http"]}/number/${number}`, {
      headers,
    });
  }
  let report: Report | undefined;
  await waitFor("all comparisons", async () => {
    const answer = await fetch(`http://${addresses["admin"]}/compare`);
    report = (await answer.json()) as Report;
    return report.observations === checks;
  });
  return report as Report;
}

afterAll(async () => {
  await Promise.all(servers.map((one) => one.close()));
  await Promise.all(programs.map((one) => one.stop()));
});

// The copy of the policy lets one number more pass.
const planted = {
  observations: checks,
  different: 1,
  groups: [{ kind: "deny-to-allow", path: "/number/*", count: 1 }],
};

test.skipIf(opa === undefined)(
  "a planted bug is all that differs from genuine OPA at /v1/data",
  async () => {
    const address = await startOpa();
    const report = await compareAll(
      `compare: { reference: { kind: opa, address: "${address}" }, enforce: native, timeoutMs: 20000, maxInFlight: 1000 }`,
    );
    expect(report).toMatchObject(planted);
  },
  120_000,
);

test("a planted bug is all that differs from another Portcullis over gRPC", async () => {
  const reference = await startServer(200, "");
  const report = await compareAll(
    `compare: { reference: { kind: grpc, address: "${reference["grpc"]}" }, enforce: reference, timeoutMs: 20000 }`,
  );
  expect(report).toMatchObject(planted);
}, 120_000);
