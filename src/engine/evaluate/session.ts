import { isArray, RegoObject, RegoSet, type Value } from "../value.ts";
import { parseJson, toJson, toRego } from "../value-json.ts";

/** How a builtin's call ended. */
export type Answer =
  | { readonly value: Value | undefined }
  | { readonly error: unknown };

type Call = {
  readonly operands: readonly Value[];
  readonly answer: Answer;
};

/**
 * What all evaluations of one decision share: the time, and what the world
 * outside answered.
 */
export class Session {
  private readonly clock: () => bigint;
  private time: bigint | undefined;
  private cache: Map<string, unknown> | undefined;
  /** Makes the signal of the evaluation in progress: few builtins ask for it. */
  signalOf: () => AbortSignal = () => neverAborted;
  private readonly calls = new Map<string, Map<string, Call>>();
  private readonly replayed: RegoObject | undefined;

  /** `replayed` is the JSON text of an earlier decision's answers. */
  constructor(clock: () => bigint, replayed?: string) {
    this.clock = clock;
    this.replayed = replayed === undefined ? undefined : readAnswers(replayed);
  }

  // Most decisions ask for neither of these.

  /** Nanoseconds since 1970, the same all through the decision. */
  get now(): bigint {
    this.time ??= this.clock();
    return this.time;
  }

  /** Aborted when the time of the evaluation in progress is up. */
  get signal(): AbortSignal {
    return this.signalOf();
  }

  get decisionCache(): Map<string, unknown> {
    this.cache ??= new Map();
    return this.cache;
  }

  /** Whether `name` has been asked, so that a call may have its answer. */
  hasAsked(name: string): boolean {
    return this.calls.has(name);
  }

  /** What the same call gave earlier in this decision. */
  recall(name: string, operands: readonly Value[]): Answer | undefined {
    return this.calls.get(name)?.get(toRego(operands))?.answer;
  }

  /** What it gave in the decision that is replayed; JSON, so sets are arrays. */
  replay(name: string, operands: readonly Value[]): Value | undefined {
    const calls = this.replayed?.get(name);
    return calls instanceof RegoObject
      ? calls.get(toJson(operands))
      : undefined;
  }

  remember(name: string, operands: readonly Value[], answer: Answer): Answer {
    let calls = this.calls.get(name);
    if (!calls) {
      calls = new Map();
      this.calls.set(name, calls);
    }
    calls.set(toRego(operands), { operands, answer });
    return answer;
  }

  /**
   * OPA's `nd_builtin_cache` as JSON text: builtin → JSON text of the operands
   * → answer. Undefined when nothing was asked.
   */
  answersJson(): string | undefined {
    if (this.calls.size === 0) {
      return undefined;
    }
    const builtins = [...this.calls].map(
      ([name, calls]) => [name, answersOf(calls)] as const,
    );
    const asked = builtins.filter(([, { entries }]) => entries.length > 0);
    return asked.length === 0 ? undefined : toJson(RegoObject.of(asked));
  }
}

const neverAborted = new AbortController().signal;

/** Errors are no answers: a replay meets them again. */
function answersOf(calls: ReadonlyMap<string, Call>): RegoObject {
  return RegoObject.of(
    [...calls.values()].flatMap(({ operands, answer }) =>
      "value" in answer && answer.value !== undefined
        ? [[toJson(operands), answer.value] as const]
        : [],
    ),
  );
}

function readAnswers(text: string): RegoObject | undefined {
  const answers = parseJson(text);
  return answers instanceof RegoObject ? answers : undefined;
}

/** A JSON value with the sets that its declared type has. */
export function restoreSets(
  value: Value,
  type: { readonly type: string; readonly of?: unknown } | undefined,
): Value {
  return type?.type === "set" && isArray(value) ? RegoSet.of(value) : value;
}
