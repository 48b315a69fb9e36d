import {
  explainTrace,
  type TraceStep,
  traceRows,
} from "../../../engine/index.ts";
import { objectJson } from "../json-text.ts";
import { isPretty, type RestRequest } from "./request.ts";

const modes = ["notes", "fails", "full", "debug"] as const;

export type ExplainMode = (typeof modes)[number];

/** What the first of the request's values that OPA knows asks for. */
export function explainMode({ query }: RestRequest): ExplainMode | undefined {
  return query
    .getAll("explain")
    .flatMap((value) => modes.filter((mode) => mode === value))[0];
}

/** The member `explanation`: events, or lines for people with `pretty`. */
export function explanationJson(
  trace: readonly TraceStep[],
  mode: ExplainMode,
  request: RestRequest,
): string {
  const steps = explainTrace(trace, mode);
  if (!isPretty(request)) {
    return `[${steps.map(eventJson).join(",")}]`;
  }
  const lines = traceRows(steps).map(([place, text]) => `${place}${text}`);
  return JSON.stringify(lines.length === 0 ? [""] : lines);
}

/** An event as OPA's API has it; variables have no values in it. */
function eventJson(step: TraceStep): string {
  const { message, op, parent, query } = step;
  const node = step.node();
  return objectJson([
    ["op", JSON.stringify(op)],
    ["query_id", String(query)],
    ["parent_id", String(parent)],
    ["type", JSON.stringify(node === undefined ? "" : typeOf(node))],
    ["node", node ?? "null"],
    ["locals", "[]"],
    ["message", message ? JSON.stringify(message) : undefined],
  ]);
}

/** What a node's JSON is of: a body is a list, and only a rule has a head. */
function typeOf(node: string): "body" | "expr" | "rule" {
  if (node.startsWith("[")) {
    return "body";
  }
  return "head" in (JSON.parse(node) as object) ? "rule" : "expr";
}
