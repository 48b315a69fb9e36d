import { PolicyError } from "../error.ts";
import type { Value } from "../value.ts";
import type { Limits } from "./limits.ts";
import { type Meter, meterOf } from "./meter.ts";
import type { Decision, Input, LoadedPolicy } from "./policy.ts";
import type { Session } from "./session.ts";
import { Suspension } from "./suspension.ts";
import type { PlainValue } from "./value-reader.ts";

/** One decision of a policy; `Decision` says what callers may do with it. */
export class LoadedDecision implements Decision {
  readonly input: Input;
  readonly session: Session;
  readonly limits: Limits;
  private readonly policy: LoadedPolicy;
  private readonly shared: Meter | undefined;

  constructor(
    policy: LoadedPolicy,
    {
      input,
      session,
      limits,
      meter,
    }: {
      readonly input: Input;
      readonly session: Session;
      readonly limits: Limits;
      /** What all evaluations use together, in place of their limits. */
      readonly meter?: Meter;
    },
  ) {
    this.policy = policy;
    this.input = input;
    this.session = session;
    this.limits = limits;
    this.shared = meter;
  }

  /** What an evaluation with these limits may use, from beginning to end. */
  meter(limits: Limits): Meter {
    return this.shared ?? meterOf(limits);
  }

  evaluate(entrypoint: string, limits = this.limits): PlainValue | undefined {
    return now(() => this.value(entrypoint, limits));
  }

  evaluateAsync(
    entrypoint: string,
    limits = this.limits,
  ): Promise<PlainValue | undefined> {
    return this.later(limits, (left) => this.value(entrypoint, left));
  }

  evaluateJson(entrypoint: string, limits = this.limits): string | undefined {
    return now(() => this.json(entrypoint, limits));
  }

  evaluateJsonAsync(
    entrypoint: string,
    limits = this.limits,
  ): Promise<string | undefined> {
    return this.later(limits, (left) => this.json(entrypoint, left));
  }

  /** The value with nothing lost: sets, numbers, keys of any type. */
  evaluateExactAsync(entrypoint: string): Promise<Value | undefined> {
    return this.later(this.limits, (left) => {
      const address = this.result(entrypoint, this.meter(left));
      return address === undefined
        ? undefined
        : this.policy.instance.values.read(address);
    });
  }

  queryJson(): string {
    return now(() => this.bindings(this.limits));
  }

  queryJsonAsync(): Promise<string> {
    return this.later(this.limits, (left) => this.bindings(left));
  }

  ndBuiltinCache(): string | undefined {
    return this.session.answersJson();
  }

  /** Rego's own text of the value, in which sets are sets. */
  evaluateRego(entrypoint: string, limits = this.limits): string | undefined {
    const { exports } = this.policy.instance;
    return now(() =>
      this.written(entrypoint, limits, (value) =>
        exports.opa_value_dump(value),
      ),
    );
  }

  private value(entrypoint: string, limits: Limits): PlainValue | undefined {
    const value = this.result(entrypoint, this.meter(limits));
    return value === undefined
      ? undefined
      : this.policy.instance.reader.value(value);
  }

  private json(entrypoint: string, limits: Limits): string | undefined {
    const { exports } = this.policy.instance;
    return this.written(entrypoint, limits, (value) =>
      exports.opa_json_dump(value),
    );
  }

  private bindings(limits: Limits): string {
    const { exports } = this.policy.instance;
    return this.text(this.meter(limits), () =>
      exports.opa_json_dump(exports.portcullis_evaluate(0)),
    );
  }

  /** The value as a text that `write` gives the address of. */
  private written(
    entrypoint: string,
    limits: Limits,
    write: (value: number) => number,
  ): string | undefined {
    const meter = this.meter(limits);
    const value = this.result(entrypoint, meter);
    return value === undefined
      ? undefined
      : this.text(meter, () => write(value));
  }

  private text(meter: Meter, write: () => number): string {
    const at = this.inside(meter, write);
    return this.policy.instance.text(at);
  }

  /** The address of the value of the only binding. */
  private result(entrypoint: string, meter: Meter): number | undefined {
    const { exports, reader } = this.policy.instance;
    const id = this.policy.id(entrypoint);
    const set = this.inside(meter, () => exports.portcullis_evaluate(id));
    const [first] = reader.items(set);
    return first === undefined ? undefined : reader.onlyMember(first);
  }

  /** Runs `work` in the sandbox, which has this decision's documents. */
  private inside<T>(meter: Meter, work: () => T): T {
    this.policy.enter(this);
    try {
      return this.policy.instance.run(meter, work);
    } catch (error) {
      this.policy.leave();
      throw error;
    }
  }

  /** Tries again after each builtin that was awaited; one deadline for all. */
  private async later<T>(
    limits: Limits,
    attempt: (left: Limits) => T,
  ): Promise<T> {
    const deadline = new Deadline(limits);
    const { signalOf } = this.session;
    this.session.signalOf = () => deadline.signal;
    try {
      for (;;) {
        try {
          return attempt(deadline.left());
        } catch (error) {
          if (!(error instanceof Suspension)) {
            throw error;
          }
          await deadline.await(error.answered);
        }
      }
    } finally {
      deadline.end();
      this.session.signalOf = signalOf;
    }
  }
}

/** A builtin that answers later has no place in a synchronous evaluation. */
function now<T>(evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof Suspension) {
      throw new PolicyError(
        "eval_builtin_error",
        `${error.builtin}: answers later, which needs an asynchronous evaluation`,
      );
    }
    throw error;
  }
}

/** The time that all attempts of one evaluation have together. */
class Deadline {
  private readonly limits: Limits;
  private readonly until: number;
  private controller: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
    const { deadlineMs = Number.POSITIVE_INFINITY } = limits;
    this.until = performance.now() + deadlineMs;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** The limits of the next attempt. */
  left(): Limits {
    if (this.limits.deadlineMs === undefined) {
      return this.limits;
    }
    const deadlineMs = this.until - performance.now();
    if (deadlineMs <= 0) {
      throw exceeded();
    }
    return { ...this.limits, deadlineMs };
  }

  async await(answered: Promise<unknown>): Promise<void> {
    const { deadlineMs } = this.left();
    if (deadlineMs === undefined) {
      await answered;
      return;
    }
    await Promise.race([
      answered,
      new Promise((_, reject) => {
        this.timer = setTimeout(() => reject(exceeded()), deadlineMs);
      }),
    ]).finally(() => clearTimeout(this.timer));
  }

  /** Whoever still works for this evaluation may stop. */
  end(): void {
    this.controller?.abort();
  }
}

function exceeded(): PolicyError {
  return new PolicyError("eval_limit_error", "deadline exceeded");
}
