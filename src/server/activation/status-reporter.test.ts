import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { PolicyError } from "../../engine/index.ts";
import { createStatusKeeper } from "./bundle-status.ts";
import { startStageClock } from "./stage-clock.ts";
import {
  createStatusPost,
  createStatusReporter,
  statusLabels,
} from "./status-reporter.ts";

type Post = {
  readonly authorization: string | undefined;
  readonly body: string;
};

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) {
    close();
  }
});

/** A service that answers with the statuses in turn. */
async function startService(statuses: number[]) {
  const posts: Post[] = [];
  const server = createServer(async (request, response) => {
    posts.push({
      authorization: request.headers.authorization,
      body: await textOf(request),
    });
    response.writeHead(statuses.shift() ?? 200).end("thanks");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { posts, url: `http://127.0.0.1:${port}/status` };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
  }
  return text;
}

const timeoutMs = 5_000;

test("a status is logged and posted, with the token of the file", async () => {
  const { posts, url } = await startService([]);
  const tokenFile = join(mkdtempSync(join(tmpdir(), "portcullis-")), "token");
  writeFileSync(tokenFile, "secret\n");
  const logged: object[] = [];
  const reporter = createStatusReporter({
    labels: statusLabels(),
    send: createStatusPost({ url, tokenFile, timeoutMs }),
    log: (message) => logged.push(message),
    onError: (error) => {
      throw error;
    },
  });
  const keeper = createStatusKeeper("authz", () => new Date(0));
  reporter.report({ authz: keeper.status });
  await reporter.close();
  expect(posts).toHaveLength(1);
  expect(posts[0]?.authorization).toBe("Bearer secret");
  expect(JSON.parse(posts[0]?.body ?? "")).toEqual(logged[0]);
  expect(logged[0]).toMatchObject({
    labels: { id: expect.any(String), version: expect.any(String) },
    bundles: { authz: { name: "authz" } },
  });
});

test("what does not arrive is told, and the last status is posted all the same", async () => {
  const { posts, url } = await startService([500]);
  const errors: string[] = [];
  const reporter = createStatusReporter({
    labels: statusLabels(),
    send: createStatusPost({ url, tokenFile: undefined, timeoutMs }),
    log: () => {},
    onError: ({ message }) => errors.push(message),
  });
  const keeper = createStatusKeeper("authz");
  for (const revision of ["1", "2", "3"]) {
    keeper.activated(revision);
    reporter.report({ authz: keeper.status });
  }
  await reporter.close();
  expect(errors).toEqual(["the status service answered 500"]);
  const posted = posts.map(
    ({ body }) => JSON.parse(body).bundles.authz.active_revision,
  );
  expect(posted).toEqual(["1", "3"]);
});

test("without an address it is logged only", async () => {
  const logged: object[] = [];
  const reporter = createStatusReporter({
    labels: statusLabels(),
    send: createStatusPost({ url: undefined, tokenFile: undefined, timeoutMs }),
    log: (message) => logged.push(message),
    onError: (error) => {
      throw error;
    },
  });
  reporter.report({});
  await reporter.close();
  expect(logged).toHaveLength(1);
});

test("the fields are OPA's", () => {
  let time = 0;
  const keeper = createStatusKeeper("authz", () => new Date(time));
  const never = "0001-01-01T00:00:00Z";
  expect(keeper.status).toEqual({
    name: "authz",
    last_successful_activation: never,
    last_successful_download: never,
    last_successful_request: never,
    last_request: never,
  });
  const clock = startStageClock("download", () => time);
  time = 1_000;
  clock.enter("compile");
  time = 1_500;
  keeper.requested(true);
  keeper.downloaded("snapshot");
  keeper.activated("abc", clock);
  time = 2_000;
  keeper.requested(false);
  const location = { file: "a.rego", row: 1, col: 2 };
  keeper.failed(
    "compile",
    new PolicyError("rego_parse_error", "no", { location }),
  );
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  expect(keeper.status).toEqual({
    name: "authz",
    active_revision: "abc",
    type: "snapshot",
    last_successful_activation: at(1_500),
    last_successful_download: at(1_500),
    last_successful_request: at(1_500),
    last_request: at(2_000),
    code: "bundle_error",
    message: "a.rego:1:2: rego_parse_error: no",
    errors: [{ code: "rego_parse_error", message: "no", location }],
    metrics: {
      timer_bundle_request_ns: 1_000_000_000,
      timer_rego_module_compile_ns: 500_000_000,
    },
  });
});
