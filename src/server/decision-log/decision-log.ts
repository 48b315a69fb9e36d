import { once } from "node:events";
import { destination } from "pino";
import type { LogLine } from "../../engine/index.ts";
import { hashSubject } from "../pipeline/subject.ts";
import type { CheckRecord, Step } from "../pipeline/verdict.ts";
import { LineBatch } from "./line-batch.ts";

/** Where every check leaves its line. */
export type DecisionLog = {
  write(record: CheckRecord): void;
  /** Resolves when every line is on its way to the disk. */
  close(): Promise<void>;
};

type DecisionLogOptions = {
  /** A file, or `-` for standard output, or `off`. */
  readonly file: string;
  /** Writes the guards' evidence too. */
  readonly evidence: boolean;
  /** Writes what nondeterministic builtins answered. */
  readonly ndBuiltinCache: boolean;
  /** Writes the input document too. */
  readonly input: boolean;
  /** Lines that could not be written. */
  readonly onError: (error: Error) => void;
};

/** A log of one JSON line a check; no secret and nothing of a body is in it. */
export function createDecisionLog({
  file,
  onError,
  ...content
}: DecisionLogOptions): DecisionLog {
  if (file === "off") {
    return { write: () => {}, close: async () => {} };
  }
  // Not synchronous: a check does not wait for the disk.
  const stream = destination({
    ...(file === "-" ? { fd: 1 } : { dest: file, mkdir: true }),
    sync: false,
  });
  stream.on("error", onError);
  const lines = new LineBatch(stream);
  return {
    write: createDecisionWriter(lines, content),
    close: async () => {
      lines.flush();
      stream.end();
      await once(stream, "close");
    },
  };
}

/** Makes records lines. */
export function createDecisionWriter(
  lines: LineBatch,
  content: Content,
): DecisionLog["write"] {
  return (record) => {
    // The level is what pino calls info, as in the server's own log.
    const line = JSON.stringify({ level: 30, ...toLine(record, content) });
    lines.add(
      content.input && record.input ? withInput(line, record.input) : line,
    );
  };
}

/** What of a check is written only when it is asked for. */
type Content = Pick<
  DecisionLogOptions,
  "evidence" | "input" | "ndBuiltinCache"
>;

/** The line with the input as it was sent, for parsing would cost digits of its numbers. */
function withInput(line: string, input: Uint8Array): string {
  // A line feed between tokens is a blank; inside a text JSON has none.
  const document = Buffer.from(input)
    .toString()
    .replace(/[\r\n]/g, " ");
  return `${line.slice(0, -1)},"input":${document}}`;
}

/** The fields of one line, and the reason where there is one for each absent. */
function toLine(record: CheckRecord, content: Content) {
  const { outcome } = record;
  return {
    time: record.time.toISOString(),
    decision_id: record.decisionId,
    request_id: clip(record.requestId),
    traceparent: record.traceparent,
    transport: record.transport,
    verdict: outcome.verdict,
    enforced: outcome.enforced,
    enforce: record.enforce,
    guard: outcome.guard,
    code: outcome.code,
    reason: clip(outcome.reason),
    http_status: record.httpStatus,
    // The caller's name may be personal; the hash still tells callers apart.
    subject: outcome.subject && hashSubject(outcome.subject),
    method: clip(record.method),
    host: clip(record.host),
    path: clip(record.path),
    mcp_method: clip(record.mcpMethod),
    tool: clip(record.tool),
    latency_ms: round(record.ms),
    cached: false,
    revision: outcome.revision,
    guards: outcome.steps.map((step) => toStep(step, content.evidence)),
    nd_builtin_cache: content.ndBuiltinCache
      ? outcome.ndBuiltinCache?.()
      : undefined,
    cause: describeCause(outcome.cause),
  };
}

function toStep(step: Step, evidence: boolean) {
  return {
    guard: step.guard,
    verdict: step.verdict,
    mode: step.mode,
    code: step.code,
    ms: round(step.ms),
    fuel: step.fuel,
    evidence: evidence ? step.evidence : undefined,
    log: evidence ? step.log?.map(toLogLine) : undefined,
  };
}

function toLogLine({ level, text }: LogLine) {
  return { level, text: clip(text) };
}

function describeCause(cause: unknown): string | undefined {
  return cause === undefined
    ? undefined
    : clip(cause instanceof Error ? cause.message : String(cause));
}

// A client chooses paths, tools and ids; a line stays a line of bounded size.
const longest = 1024;

function clip(value: string | undefined): string | undefined {
  return value !== undefined && value.length > longest
    ? `${value.slice(0, longest)}…`
    : value;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
