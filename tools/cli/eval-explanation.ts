import type { TraceStep } from "../../src/engine/index.ts";
import {
  Members,
  type PlainJson,
  type Shown,
  shownPlain,
} from "./indented-json.ts";

/** The member of OPA's JSON that has the trace. Variables have no values in it. */
export function explanationJson(
  steps: readonly TraceStep[],
): readonly [string, Shown] {
  return ["explanation", steps.map(shownStep)];
}

function shownStep(step: TraceStep): Members {
  const { op, location, query, parent, message = "" } = step;
  const place = location && {
    file: location.file,
    row: location.row,
    col: location.col,
  };
  return new Members([
    ["Op", `${op[0]?.toUpperCase()}${op.slice(1)}`],
    ["Node", fromJson(step.node())],
    ["Location", shownPlain(place ?? null)],
    ["QueryID", query],
    ["ParentID", parent],
    ["Locals", null],
    ["LocalMetadata", op === "note" ? null : new Members([])],
    ["Message", message],
    ["Ref", fromJson(step.ref())],
  ]);
}

function fromJson(json: string | undefined): Shown {
  return shownPlain(JSON.parse(json ?? "null") as PlainJson);
}
