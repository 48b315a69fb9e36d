import { expect, test } from "vitest";
import type { CheckRecord } from "../pipeline/verdict.ts";
import { createDecisionWriter } from "./decision-log.ts";
import { LineBatch } from "./line-batch.ts";

const record: CheckRecord = {
  decisionId: "d-1",
  requestId: "r-1",
  transport: "grpc",
  time: new Date("2026-01-02T03:04:05.678Z"),
  ms: 1.23456,
  httpStatus: 403,
  method: "POST",
  host: "tools.example",
  path: "/mcp",
  mcpMethod: "tools/call",
  tool: "add",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  outcome: {
    verdict: "deny",
    enforced: true,
    revision: "abc",
    guard: "dlp",
    code: "secret_found",
    reason: "aws_access_key in params (AKIA…MPLE)",
    subject: "spiffe://cluster.local/ns/default/sa/sa1",
    steps: [
      { guard: "identity", verdict: "allow", mode: "enforce", ms: 0.1 },
      {
        guard: "dlp",
        verdict: "deny",
        mode: "enforce",
        ms: 0.2,
        code: "secret_found",
        evidence: { findings: ["masked"] },
      },
      { guard: "budget", verdict: "not_run", mode: "enforce", ms: 0 },
    ],
  },
};

function lines(
  records: readonly CheckRecord[],
  evidence = false,
  input = false,
): string[] {
  const written: string[] = [];
  const batch = new LineBatch({ write: (line) => written.push(line) });
  const write = createDecisionWriter(batch, {
    evidence,
    input,
    ndBuiltinCache: false,
  });
  for (const one of records) {
    write(one);
    batch.flush();
  }
  return written;
}

test("O4, O3: one JSON line a check, the subject hashed, the trace kept", () => {
  const [line = "", ...others] = lines([record]);
  expect(others).toEqual([]);
  expect(line.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(line)).toEqual({
    level: 30,
    time: "2026-01-02T03:04:05.678Z",
    decision_id: "d-1",
    request_id: "r-1",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    transport: "grpc",
    verdict: "deny",
    enforced: true,
    guard: "dlp",
    code: "secret_found",
    reason: "aws_access_key in params (AKIA…MPLE)",
    http_status: 403,
    subject: "432f05cb10692d3850539f20ac7c4d58",
    method: "POST",
    host: "tools.example",
    path: "/mcp",
    mcp_method: "tools/call",
    tool: "add",
    latency_ms: 1.235,
    cached: false,
    revision: "abc",
    guards: [
      { guard: "identity", verdict: "allow", mode: "enforce", ms: 0.1 },
      {
        guard: "dlp",
        verdict: "deny",
        mode: "enforce",
        code: "secret_found",
        ms: 0.2,
      },
      { guard: "budget", verdict: "not_run", mode: "enforce", ms: 0 },
    ],
  });
  expect(line).not.toContain("spiffe://");
});

test("O4: line breaks of a client stay inside the line, and long texts are cut", () => {
  const [line = ""] = lines([
    { ...record, path: `/a\r\n{"forged":true}${"x".repeat(5_000)}` },
  ]);
  expect(line.trim()).not.toContain("\n");
  expect(JSON.parse(line).path).toHaveLength(1_025);
});

test("evidence is written on request only", () => {
  expect(lines([record])[0]).not.toContain("masked");
  expect(lines([record], true)[0]).toContain("masked");
});

test("W7: the cause of a failure is in the log", () => {
  const outcome = {
    ...record.outcome,
    verdict: "error",
    cause: new Error("trap"),
  } as const;
  const [line = ""] = lines([{ ...record, outcome }]);
  expect(JSON.parse(line).cause).toBe("trap");
});

test("the input is written when it is asked for, digit by digit and on the same line", () => {
  const input = Buffer.from('{"a":\n123456789012345678901,"b":"\\n"}');
  const [without = ""] = lines([{ ...record, input }]);
  expect(JSON.parse(without)).not.toHaveProperty("input");
  const [line = ""] = lines([{ ...record, input }], false, true);
  const [plain = ""] = lines([record], false, true);
  expect(line).toBe(
    `${plain.trim().slice(0, -1)},"input":{"a": 123456789012345678901,"b":"\\n"}}\n`,
  );
});

test("lines of one turn of the event loop are one write", async () => {
  const written: string[] = [];
  const batch = new LineBatch({ write: (text) => written.push(text) });
  batch.add("a");
  batch.add("b");
  await new Promise((resolve) => setImmediate(resolve));
  batch.add("c");
  batch.flush();
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toEqual(["a\nb\n", "c\n"]);
});
