import type { HostBuiltin } from "../../engine/index.ts";
import { type ReplayEvent, timeOf } from "./replay-event.ts";

/** The world as it was when the events were logged. */
export type RecordedWorld = {
  /** Builtins that answer only from what was recorded. */
  readonly builtins: readonly HostBuiltin[];
  /** The time of the event in progress, in nanoseconds since 1970. */
  readonly clock: () => bigint;
  /** Begins an event. */
  begin(event: ReplayEvent): void;
  /** The first builtin that was asked for an answer which nobody recorded, since the event began. */
  unanswered(): string | undefined;
};

/**
 * The world of a replay: builtins that ask the outside, or chance, do not ask
 * it again; what `nd_builtin_cache` holds is answered before they are called.
 */
export function createRecordedWorld(
  given: readonly HostBuiltin[],
): RecordedWorld {
  let current: ReplayEvent | undefined;
  let unanswered: string | undefined;
  const builtins = given.map((builtin) =>
    builtin.nondeterministic || builtin.answersLater
      ? {
          ...builtin,
          answersLater: false,
          run: () => {
            unanswered ??= builtin.name;
            throw new Error("no answer was recorded");
          },
        }
      : builtin,
  );
  return {
    builtins,
    clock: () =>
      nanoseconds(current && timeOf(current)) ??
      BigInt(Date.now()) * 1_000_000n,
    begin: (event) => {
      current = event;
      unanswered = undefined;
    },
    unanswered: () => unanswered,
  };
}

/** RFC 3339 with up to nine digits of a second. */
function nanoseconds(text: string | undefined): bigint | undefined {
  const [, seconds = "", fraction = "", zone = ""] =
    /^([^.]+?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text ?? "") ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(milliseconds)
    ? undefined
    : BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
