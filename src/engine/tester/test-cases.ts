import type { Value } from "../value.ts";
import { toJson } from "../value-json.ts";

/** What became of one case of `test_x[note]`; nested notes have results of their own. */
export type CaseResult = {
  readonly name: string;
  readonly failed: boolean;
  readonly cases: readonly CaseResult[];
  /** Events of the trace up to the case that came after this one. */
  readonly traceEnd: number | undefined;
};

/** A call of `internal.test_case`: the notes, and where the trace was. */
export type CaseCall = { readonly notes: Value; readonly at: number };

type Node = {
  failed: boolean;
  traceEnd: number | undefined;
  readonly cases: Map<string, Node>;
};

/**
 * The results of a test with cases: what its object holds, and as failed each
 * case that was begun and is not in it.
 */
export function caseResults(
  value: unknown,
  calls: readonly CaseCall[],
  traceLength: number,
): readonly CaseResult[] {
  const root = toNode(value);
  for (const [index, { notes }] of calls.entries()) {
    const path = Array.isArray(notes) ? notes.map(noteText) : [];
    update(root, path, calls[index + 1]?.at ?? traceLength);
  }
  return toResults(root);
}

/** The notes of a case as its names: strings as they are, others as JSON. */
function noteText(note: Value): string {
  return typeof note === "string" ? note : toJson(note);
}

function toNode(value: unknown): Node {
  const node: Node = { failed: false, traceEnd: undefined, cases: new Map() };
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const child = toNode(inner);
      node.cases.set(name, child);
      node.failed ||= child.failed;
    }
  } else {
    node.failed = value !== true;
  }
  return node;
}

/** True when the case failed. */
function update(node: Node, path: readonly string[], end: number): boolean {
  const [name, ...rest] = path;
  if (name === undefined) {
    return true;
  }
  const known = node.cases.get(name);
  const child = known ?? {
    failed: true,
    traceEnd: undefined,
    cases: new Map(),
  };
  if (!known) {
    node.cases.set(name, child);
  }
  if (rest.length === 0) {
    child.traceEnd = end;
  } else if (update(child, rest, end)) {
    child.failed = true;
  }
  node.failed ||= child.failed;
  return child.failed;
}

function toResults({ cases }: Node): CaseResult[] {
  return [...cases]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, node]) => ({
      name,
      failed: node.failed,
      cases: toResults(node),
      traceEnd: node.traceEnd,
    }));
}
