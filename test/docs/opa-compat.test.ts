import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Decision } from "../../src/engine/index.ts";
import type { Answer } from "../../src/server/ext-authz/answer.ts";
import { toAnswer } from "../../src/server/ext-authz/answer.ts";
import type {
  CheckRequest,
  HttpRequest,
} from "../../src/server/ext-authz/check-request.ts";
import { toCheckResponse } from "../../src/server/ext-authz/grpc-answer.ts";
import { createRequestReader } from "../../src/server/ext-authz/request.ts";
import {
  createStrictChecker,
  type StrictAnswer,
} from "../../src/server/ext-authz/strict/strict-check.ts";
import { judge } from "../../src/server/pipeline/judge.ts";
import type { Outcome } from "../../src/server/pipeline/verdict.ts";

const requestOf = (http: HttpRequest): CheckRequest => ({
  attributes: { request: { http: { method: "GET", path: "/a", ...http } } },
});

const input = { skipBody: false, grpc: undefined };

/** What strict answers, and the input document that it judged. */
async function strict(
  result: string | undefined,
  request: CheckRequest = requestOf({}),
  dryRun = false,
): Promise<{ readonly answer: StrictAnswer; readonly seen: string }> {
  let seen = "";
  const check = createStrictChecker({
    input,
    dryRun,
    current: () => ({
      decide: async (document) => {
        seen = Buffer.from(document).toString();
        return {
          results: result === undefined ? [] : [result],
          ndBuiltinCache: undefined,
        };
      },
    }),
    record: async () => undefined,
    observe: () => {},
    countError: () => {},
  });
  return { answer: await check(request, { api: "v3" }), seen };
}

const read = createRequestReader({
  mcpPaths: [],
  excludedPaths: [],
  onTruncatedBody: "deny",
});

/** How safe reads a request: its document, or the code of its refusal. */
function safe(request: CheckRequest): string {
  try {
    const reading = read(request);
    return reading.kind === "judged"
      ? Buffer.from(reading.input).toString()
      : reading.kind === "refused"
        ? reading.refusal.code
        : reading.kind;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

/** What safe makes of a guard's value. */
function judged(value: unknown) {
  const decision = { evaluate: () => value } as unknown as Decision;
  const step = {
    guard: "g",
    mode: "enforce",
    onError: "deny",
    onUndefined: "deny",
    limits: { fuel: 1, memoryPages: 1, deadlineMs: 1 },
  } as const;
  return judge(decision, step);
}

function safeAnswer(outcome: Partial<Outcome>): Answer {
  const facts = {
    requestId: "",
    method: "GET",
    host: "",
    path: "/",
    forgedHeaders: [],
  };
  const whole: Outcome = {
    verdict: "allow",
    enforced: true,
    revision: "r",
    steps: [],
    ...outcome,
  };
  return toAnswer(
    { outcome: whole, facts, decisionId: "d" },
    { denyFormat: "json", stripHeaders: [] },
  );
}

function responseOf(answer: StrictAnswer) {
  return answer.kind === "response" ? answer.response : undefined;
}

const cut = requestOf({
  headers: { "content-type": "application/json", "content-length": "9" },
  body: "{",
});

const grpc = requestOf({
  path: "/s/m",
  headers: { "content-type": "application/grpc" },
  rawBody: new Uint8Array(5),
});

// By the id of the row in docs/opa-compat.md.
const cases: Readonly<Record<string, () => Promise<void> | void>> = {
  "several-values": async () => {
    const { answer } = await strict(
      '{"allowed":true,"headers":{"a":["1","2"]}}',
    );
    const actions = responseOf(answer)?.okResponse?.headers.map(
      ({ appendAction }) => appendAction,
    );
    expect(actions).toStrictEqual([undefined, undefined]);
    const headers = [
      ["a", "1"],
      ["a", "2"],
    ] as const;
    const response = toCheckResponse(safeAnswer({ headers }), {
      onFailure: "deny",
    });
    expect(
      response.okResponse?.headers.map(({ appendAction }) => appendAction),
    ).toStrictEqual([2, 0]);
  },
  "undefined-decision": async () => {
    expect((await strict(undefined)).answer).toStrictEqual({
      kind: "error",
      message: "undefined decision",
    });
    expect(judged(undefined)).toMatchObject({
      kind: "deny",
      code: "guard_undefined",
    });
  },
  "wrong-decision": async () => {
    expect((await strict("1")).answer.kind).toBe("error");
    expect(judged(1)).toMatchObject({ kind: "failed" });
  },
  "unknown-members": async () => {
    const { answer } = await strict('{"allowed":true,"nope":1}');
    expect(responseOf(answer)?.status.code).toBe(0);
    expect(judged({ allowed: true, nope: 1 })).toMatchObject({
      kind: "failed",
    });
  },
  "odd-status": async () => {
    const { answer } = await strict('{"allowed":false,"http_status":200}');
    expect(responseOf(answer)?.deniedResponse?.status.code).toBe(200);
    const denial = safeAnswer({ verdict: "deny", httpStatus: 200 });
    expect(denial.httpStatus).toBe(403);
  },
  "truncated-body": async () => {
    const { seen } = await strict("true", cut);
    expect(JSON.parse(seen)).toMatchObject({
      truncated_body: true,
      parsed_body: null,
    });
    expect(safe(cut)).toBe("body_truncated");
  },
  "raw-headers": async () => {
    const request = requestOf({
      headerMap: {
        headers: [{ key: "content-type", value: "application/json" }],
      },
      body: "[1]",
    });
    const { seen } = await strict("true", request);
    expect(JSON.parse(seen).parsed_body).toBe(null);
    expect(JSON.parse(safe(request)).parsed_body).toStrictEqual([1]);
  },
  "no-http": async () => {
    const request = { attributes: { request: {} } };
    const { seen } = await strict("true", request);
    expect(JSON.parse(seen).parsed_path).toStrictEqual([""]);
    expect(safe(request)).toBe("server_request_error");
  },
  "odd-method": async () => {
    const request = requestOf({ method: "GE T" });
    const { answer } = await strict("true", request);
    expect(responseOf(answer)?.status.code).toBe(0);
    expect(safe(request)).toBe("server_request_error");
  },
  document: async () => {
    const { seen } = await strict("true");
    const members = Object.keys(JSON.parse(seen)).sort();
    const added = Object.keys(JSON.parse(safe(requestOf({}))));
    expect(
      added.filter((name) => !members.includes(name)).sort(),
    ).toStrictEqual(["path", "tool_id"]);
  },
  "grpc-bodies": async () => {
    // Without a descriptor neither parses; the recordings have those with one.
    const { seen } = await strict("true", grpc);
    expect(JSON.parse(seen).parsed_body).toBe(null);
    expect(JSON.parse(safe(grpc)).parsed_body).toBe(null);
  },
  "dry-run": async () => {
    const request = requestOf({ path: "/%zz" });
    const { answer } = await strict("true", request, true);
    expect(responseOf(answer)?.deniedResponse?.status.code).toBe(400);
    expect(safe(request)).toBe("request_parse_error");
  },
};

test("each difference that docs/opa-compat.md lists has its case", () => {
  const text = readFileSync("docs/opa-compat.md", "utf8");
  const table = text.slice(text.indexOf("| id |"));
  const ids = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
  expect(ids).toStrictEqual(Object.keys(cases));
});

test.each(Object.entries(cases))("%s", async (_id, check) => {
  await check();
});
