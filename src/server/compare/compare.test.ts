import { once } from "node:events";
import {
  createServer as createHttpServer,
  type RequestListener,
} from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import {
  createRevisionStore,
  loadRevision,
  toSourceFiles,
} from "../../bundle/index.ts";
import { createMemoryStore } from "../budget/memory-store.ts";
import { checkOptions, parseConfig } from "../config.ts";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import { authorizationService, createGrpcListener } from "../listeners/grpc.ts";
import { createModes } from "../pipeline/modes.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import type { CheckRecord } from "../pipeline/verdict.ts";
import { createComparison } from "./comparison.ts";
import type { CompareReport } from "./observations.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

const rego = (condition: string) => `package guards.gate

verdict := {"allowed": true, "headers": {"x-user": ["a", "b"]}} if { ${condition} }

verdict := {"allowed": false, "reason": "closed", "http_status": 404} if not open

open if { ${condition} }
`;

function sourceOf(condition: string) {
  return toSourceFiles(
    new Map([
      ["guards/pipeline.yaml", "pipeline: [{guard: gate}]\n"],
      ["guards/gate/guard.yaml", "name: gate\n"],
      ["guards/gate/guard.rego", rego(condition)],
    ]),
  );
}

const open = 'startswith(input.path.raw, "/open")';

function request(path: string, principal = ""): CheckRequest {
  return {
    attributes: {
      source: { principal },
      request: {
        http: {
          method: "GET",
          path,
          host: "h",
          headers: { authorization: "Bearer s3cret", accept: "*/*" },
          body: "s3cret body",
        },
      },
    },
  };
}

type Compared = {
  /** The path of each check and who asks. */
  check(path: string, principal?: string): Promise<string>;
  report(): CompareReport;
  readonly records: readonly CheckRecord[];
};

/** A comparison whose own guard lets `/open…` pass. */
async function compareWith(settings: string): Promise<Compared> {
  const config = parseConfig(`compare: ${settings}`, "portcullis.yaml");
  const records: CheckRecord[] = [];
  const revision = await loadRevision(sourceOf(open));
  const { compare: given } = config;
  if (given === undefined) {
    throw new Error("no comparison is asked for");
  }
  const revisions = createRevisionStore();
  revisions.swap(revision);
  const pipeline = createPipeline({
    revisions,
    budget: createMemoryStore(config.budget),
    modes: createModes({}),
  });
  const comparison = await createComparison({
    config,
    settings: given,
    createNative: (mark) =>
      createChecker({
        pipeline,
        options: checkOptions(config),
        record: (record) => records.push(mark(record)),
      }),
    listener: { observed: () => {}, differed: () => {} },
    loadReference: () =>
      loadRevision(sourceOf('input.path.raw != "/open/bug"')),
    draw: () => 0.5,
  });
  closers.push(() => comparison.close());
  return {
    records,
    check: async (path, principal) => {
      const answer = await comparison.checker.check(
        () => request(path, principal),
        "grpc",
      );
      return `${answer.kind} ${answer.httpStatus}`;
    },
    report: comparison.report,
  };
}

async function settled(
  { report }: Compared,
  checks: number,
): Promise<CompareReport> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    const { faults, observations, skipped } = report();
    const done = Object.values(faults).reduce((sum, one) => sum + one, 0);
    if (observations + skipped + done >= checks) {
      return report();
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not settled: ${JSON.stringify(report())}`);
}

async function httpServer(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function tcpServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const long = "timeoutMs: 60000";

describe("a revision in this process", () => {
  const revision = "reference: { kind: revision, address: . }";

  test("a planted bug is found within a thousand requests, and where", async () => {
    const compared = await compareWith(
      `{ ${revision}, ${long}, enforce: native, maxInFlight: 2000 }`,
    );
    for (let index = 0; index < 1_000; index += 1) {
      const path = index === 700 ? "/open/bug" : `/open/${index}`;
      await compared.check(path, "spiffe://a");
    }
    const { groups, ...counts } = await settled(compared, 1_000);
    expect(counts).toMatchObject({ same: 999, different: 1 });
    expect(groups).toMatchObject([
      { rule: "pipeline", path: "/open/bug", kind: "deny-to-allow", count: 1 },
    ]);
    expect(groups[0]?.identity).toMatch(/^[0-9a-f]{32}$/);
  });

  test("a sample has no body and no credential, and says so", async () => {
    const compared = await compareWith(
      `{ ${revision}, ${long}, enforce: native }`,
    );
    await compared.check("/shut/12345678?token=s3cret&x=1");
    const { groups } = await settled(compared, 1);
    const [group] = groups;
    expect(group).toMatchObject({
      path: "/shut/*",
      kind: "allow-to-deny",
      rule: "gate",
    });
    const [sample] = group?.samples ?? [];
    expect(JSON.stringify(sample)).not.toContain("s3cret");
    expect(sample).toMatchObject({
      request: {
        attributes: {
          request: {
            http: {
              path: "/shut/12345678?token=***&x=1",
              headers: { authorization: "***", accept: "*/*" },
            },
          },
        },
      },
      response: { okResponse: {} },
      masked: [
        "/request/attributes/request/http/body",
        "/request/attributes/request/http/headers/authorization",
        "/request/attributes/request/http/path",
      ],
    });
    expect(sample?.differences.map(({ part }) => part)).toEqual([
      "verdict",
      "status",
      "headers",
      "body",
    ]);
  });

  test.each([
    {
      enforce: "native",
      open: "allow 200",
      bug: "allow 200",
      shut: "deny 404",
    },
    {
      enforce: "reference",
      open: "allow 200",
      bug: "deny 404",
      shut: "allow 200",
    },
    {
      enforce: "deny-if-either",
      open: "allow 200",
      bug: "deny 404",
      shut: "deny 404",
    },
  ])("enforce: $enforce", async ({ bug, enforce, open: passes, shut }) => {
    const compared = await compareWith(
      `{ ${revision}, ${long}, enforce: ${enforce} }`,
    );
    expect([
      await compared.check("/open"),
      await compared.check("/open/bug"),
      await compared.check("/shut"),
    ]).toEqual([passes, bug, shut]);
    expect(await settled(compared, 3)).toMatchObject({ same: 1, different: 2 });
    expect(compared.records.map((record) => record.enforce)).toEqual(
      Array(3).fill(enforce === "native" ? undefined : enforce),
    );
  });

  test("a share of callers gets ours, always the same ones", async () => {
    const compared = await compareWith(
      `{ ${revision}, ${long}, rollout: [{ paths: ["/open/**"], percent: 30 }, { identities: ["spiffe://b*"] }] }`,
    );
    const callers = Array.from(
      { length: 60 },
      (_, index) => `spiffe://a/${index}`,
    );
    const ask = async () => {
      const answers: string[] = [];
      for (const caller of callers) {
        answers.push(await compared.check("/open/bug", caller));
      }
      return answers;
    };
    const first = await ask();
    expect(await ask()).toEqual(first);
    const ours = first.filter((answer) => answer === "allow 200").length;
    expect(ours).toBeGreaterThan(5);
    expect(ours).toBeLessThan(35);
    expect(await compared.check("/shut", "spiffe://b/1")).toBe("deny 404");
    expect(await compared.check("/shut", "spiffe://c")).toBe("allow 200");
  });

  test("what is ignored does not count", async () => {
    const compared = await compareWith(
      `{ ${revision}, ${long}, enforce: native, ignore: { parts: [verdict, status, body], headers: ["x-u*", content-type] } }`,
    );
    await compared.check("/shut");
    expect(await settled(compared, 1)).toMatchObject({ same: 1 });
  });

  test("a sample of none asks for nothing", async () => {
    const compared = await compareWith(
      `{ ${revision}, enforce: native, samplePercent: 50 }`,
    );
    await compared.check("/shut");
    expect(compared.report()).toMatchObject({
      observations: 0,
      enforced: { native: 1 },
    });
  });
});

describe("an OPA server", () => {
  const answering = (body: string, status = 200) =>
    httpServer((incoming, response) => {
      incoming.resume();
      response.writeHead(status).end(body);
    });

  test("its decision is asked for with our input document", async () => {
    const asked: string[] = [];
    const address = await httpServer((incoming, response) => {
      let text = "";
      incoming.on("data", (chunk) => {
        text += String(chunk);
      });
      incoming.on("end", () => {
        asked.push(
          `${incoming.method} ${incoming.url} ${JSON.parse(text).input.path.raw}`,
        );
        response.end(
          '{"result": {"allowed": true, "headers": {"x-user": ["b", "a"]}}}',
        );
      });
    });
    const compared = await compareWith(
      `{ reference: { kind: opa, address: "${address}", path: a/b }, ${long} }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    expect(asked).toEqual(["POST /v1/data/a/b /open"]);
    expect(await settled(compared, 1)).toMatchObject({ same: 1 });
  });

  test.each([
    { note: "undefined", body: "{}", want: "deny 403", faults: {} },
    {
      note: "garbage",
      body: "<html>",
      want: "allow 200",
      faults: { garbage: 1 },
    },
    {
      note: "no object",
      body: "null",
      want: "allow 200",
      faults: { garbage: 1 },
    },
    {
      note: "no verdict",
      body: '{"result": 7}',
      want: "allow 200",
      faults: { garbage: 1 },
    },
    {
      note: "an error",
      body: "{}",
      status: 500,
      want: "allow 200",
      faults: { failed: 1 },
    },
    {
      note: "too much",
      body: `"${"x".repeat(2_000_000)}"`,
      want: "allow 200",
      faults: { garbage: 1 },
    },
  ])("$note", async ({ body, faults, status, want }) => {
    const address = await answering(body, status);
    const compared = await compareWith(
      `{ reference: { kind: opa, address: "${address}" }, ${long} }`,
    );
    expect(await compared.check("/open")).toBe(want);
    expect((await settled(compared, 1)).faults).toMatchObject(faults);
  });

  test("an answer that never comes is waited for no longer than is said", async () => {
    const address = await httpServer(() => {});
    const compared = await compareWith(
      `{ reference: { kind: opa, address: "${address}" }, timeoutMs: 20, enforce: deny-if-either }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    expect((await settled(compared, 1)).faults).toMatchObject({ timeout: 1 });
  });

  test("a connection that is reset", async () => {
    const address = await tcpServer((socket) => socket.resetAndDestroy());
    const compared = await compareWith(
      `{ reference: { kind: opa, address: "http://${address}" }, ${long} }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    expect((await settled(compared, 1)).faults).toMatchObject({
      unreachable: 1,
    });
  });

  test("more than may be under way is left out", async () => {
    const address = await httpServer(() => {});
    const compared = await compareWith(
      `{ reference: { kind: opa, address: "${address}" }, timeoutMs: 200, maxInFlight: 2 }`,
    );
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => compared.check("/open")),
    );
    expect(new Set(answers)).toEqual(new Set(["allow 200"]));
    expect(await settled(compared, 5)).toMatchObject({
      skipped: 3,
      faults: { timeout: 2 },
    });
  });
});

describe("a gRPC server", () => {
  async function portcullis(condition: string): Promise<string> {
    const revisions = createRevisionStore();
    revisions.swap(await loadRevision(sourceOf(condition)));
    const config = parseConfig("", "portcullis.yaml");
    const pipeline = createPipeline({
      revisions,
      budget: createMemoryStore(config.budget),
      modes: createModes({}),
    });
    const listener = createGrpcListener({
      ...config.grpc,
      listen: "127.0.0.1:0",
      tls: undefined,
      onFailure: "deny",
      checker: createChecker({
        pipeline,
        options: checkOptions(config),
        record: () => {},
      }),
    });
    closers.push(() => listener.close(0));
    return listener.start();
  }

  test("another Portcullis, whole answers over the wire", async () => {
    const address = await portcullis('input.path.raw != "/open/bug"');
    const compared = await compareWith(
      `{ reference: { kind: grpc, address: "${address}" }, ${long} }`,
    );
    expect([
      await compared.check("/open"),
      await compared.check("/open/bug"),
      await compared.check("/shut"),
    ]).toEqual(["allow 200", "deny 404", "allow 200"]);
    const report = await settled(compared, 3);
    expect(report).toMatchObject({
      same: 1,
      different: 2,
      enforced: { native: 0, reference: 3 },
    });
    expect(report.groups.map(({ kind }) => kind).sort()).toEqual([
      "allow-to-deny",
      "deny-to-allow",
    ]);
  });

  test.each([
    { note: "bytes that are no answer", bytes: [0xff, 0xff] },
    { note: "an empty answer", bytes: [] },
  ])("$note", async ({ bytes }) => {
    const server = new GrpcServer();
    server.addService(
      {
        Check: {
          ...authorizationService.Check,
          responseSerialize: (answer: Buffer) => answer,
          responseDeserialize: (answer: Buffer) => answer,
        },
      },
      {
        Check: (_: unknown, callback: (error: null, answer: Buffer) => void) =>
          callback(null, Buffer.from(bytes)),
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(
        "127.0.0.1:0",
        ServerCredentials.createInsecure(),
        (error, taken) => (error ? reject(error) : resolve(taken)),
      );
    });
    closers.push(() => server.forceShutdown());
    const compared = await compareWith(
      `{ reference: { kind: grpc, address: "127.0.0.1:${port}" }, ${long} }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    expect((await settled(compared, 1)).faults).toMatchObject({ garbage: 1 });
  });

  test("nobody listens", async () => {
    const compared = await compareWith(
      `{ reference: { kind: grpc, address: "127.0.0.1:1" }, ${long} }`,
    );
    expect(await compared.check("/shut")).toBe("deny 404");
    expect((await settled(compared, 1)).faults).toMatchObject({
      unreachable: 1,
    });
  });

  test("it speaks no HTTP/2", async () => {
    const address = await tcpServer((socket) =>
      socket.end("HTTP/1.1 400 no\r\n\r\n"),
    );
    const compared = await compareWith(
      `{ reference: { kind: grpc, address: "${address}" }, ${long} }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    const { faults } = await settled(compared, 1);
    expect(faults.unreachable + faults.failed).toBe(1);
  });

  test("it is silent", async () => {
    const address = await tcpServer(() => {});
    const compared = await compareWith(
      `{ reference: { kind: grpc, address: "${address}" }, timeoutMs: 30 }`,
    );
    expect(await compared.check("/open")).toBe("allow 200");
    expect((await settled(compared, 1)).faults).toMatchObject({ timeout: 1 });
  });
});
