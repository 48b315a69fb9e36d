import type { PolicyError } from "../../engine/index.ts";
import type { Stage, StageClock } from "./stage-clock.ts";

/** What went wrong last with a bundle, and where on its way. */
export type Failure = {
  readonly bundle: string;
  /** Undefined for a revision that was in force and was taken back. */
  readonly stage: Stage | undefined;
  readonly error: PolicyError;
  readonly at: Date;
};

/** OPA's status of one bundle, field by field. */
export type BundleStatus = {
  readonly name: string;
  readonly active_revision?: string;
  readonly last_successful_activation: string;
  readonly type?: "snapshot" | "delta";
  readonly last_successful_download: string;
  readonly last_successful_request: string;
  readonly last_request: string;
  readonly code?: string;
  readonly message?: string;
  readonly errors?: readonly StatusError[];
  readonly metrics?: Readonly<Record<string, number>>;
};

type StatusError = {
  readonly code: string;
  readonly message: string;
  readonly location?: {
    readonly file: string;
    readonly row: number;
    readonly col: number;
  };
};

/** Keeps the status of one bundle. */
export type StatusKeeper = {
  readonly failure: Failure | undefined;
  readonly status: BundleStatus;
  /** The source was asked; what it said, if anything, follows. */
  requested(answered: boolean): void;
  downloaded(type: "snapshot" | "delta"): void;
  activated(revision: string, clock?: StageClock): void;
  failed(stage: Failure["stage"], error: PolicyError): Failure;
  /** What was wrong with the content is not wrong any more. */
  mended(): void;
};

// How Go writes a time that never was.
const never = "0001-01-01T00:00:00Z";

/** A status of a bundle that nothing has happened to. */
export function createStatusKeeper(
  name: string,
  now: () => Date = () => new Date(),
): StatusKeeper {
  let facts: Facts = {
    name,
    last_successful_activation: never,
    last_successful_download: never,
    last_successful_request: never,
    last_request: never,
  };
  // A server that is down does not make up for a bundle that is broken.
  let sourceFault: Failure | undefined;
  let refusal: Failure | undefined;
  const time = (): string => now().toISOString();
  const set = (changes: Partial<Facts>): void => {
    facts = { ...facts, ...changes };
  };
  return {
    get failure() {
      return sourceFault ?? refusal;
    },
    get status() {
      const failure = sourceFault ?? refusal;
      return failure ? { ...facts, ...describe(failure) } : facts;
    },
    requested: (answered) => {
      set({ last_request: time() });
      if (answered) {
        set({ last_successful_request: time() });
        sourceFault = undefined;
      }
    },
    downloaded: (type) => set({ type, last_successful_download: time() }),
    activated: (revision, clock) => {
      refusal = undefined;
      set({
        active_revision: revision,
        last_successful_activation: time(),
        ...(clock && { metrics: toTimers(clock) }),
      });
    },
    failed: (stage, error) => {
      const failure = { bundle: name, stage, error, at: now() };
      if (stage === "download") {
        sourceFault = failure;
      } else {
        refusal = failure;
      }
      return failure;
    },
    mended: () => {
      refusal = undefined;
    },
  };
}

type Facts = Omit<BundleStatus, "code" | "errors" | "message">;

function describe({
  error,
}: Failure): Pick<BundleStatus, "code" | "errors" | "message"> {
  const { code, location, message, rawMessage } = error;
  return {
    code: "bundle_error",
    message,
    errors: [{ code, message: rawMessage, ...(location && { location }) }],
  };
}

/** In the names and the unit of OPA's timers, where it has one. */
function toTimers(clock: StageClock): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...clock.spent()].map(([stage, milliseconds]) => [
      `timer_${timerNames[stage] ?? `bundle_${stage}`}_ns`,
      Math.round(milliseconds * 1_000_000),
    ]),
  );
}

const timerNames: Partial<Record<Stage, string>> = {
  download: "bundle_request",
  compile: "rego_module_compile",
};
