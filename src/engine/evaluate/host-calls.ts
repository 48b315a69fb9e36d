import {
  type BuiltinContext,
  BuiltinError,
  checkOperands,
  type HostBuiltin,
  type NetworkPolicy,
} from "../builtins/host-builtin.ts";
import { builtinDeclarations } from "../builtins/registry.ts";
import { timeNow } from "../builtins/time-now.ts";
import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { FunctionDeclaration } from "../types/type-declaration.ts";
import { RegoObject, type Value } from "../value.ts";
import { type Answer, restoreSets, type Session } from "./session.ts";
import { Suspension } from "./suspension.ts";

/** The world outside, as the builtins of one policy see it. */
export type Surroundings = {
  /** Nanoseconds since 1970. */
  readonly clock?: () => bigint;
  readonly random?: (count: number) => Uint8Array;
  /** What `opa.runtime()` gives. */
  readonly runtime?: RegoObject;
  /** Nothing is reachable by default. */
  readonly network?: NetworkPolicy;
};

/** A module's builtin with what a call of it needs. */
type Callable = HostBuiltin & { readonly decl: FunctionDeclaration };

// The ABI passes up to four operands one by one, more as one array.
const maxOperands = 4;

/** Calls the builtins that the host gives a module. */
export class HostCalls {
  private readonly callables: readonly (Callable | undefined)[];
  private readonly names: readonly string[];
  private readonly surroundings: Required<Surroundings>;
  private readonly policyCache = new Map<string, unknown>();

  /** `names` are the builtins of the module, by id. */
  constructor(
    names: readonly string[],
    given: readonly HostBuiltin[],
    surroundings: Surroundings,
  ) {
    const builtins = new Map(
      [timeNow, ...given].map((builtin) => [builtin.name, builtin]),
    );
    this.names = names;
    this.callables = names.map((name) => toCallable(builtins.get(name)));
    this.surroundings = { ...defaultSurroundings, ...surroundings };
  }

  get clock(): () => bigint {
    return this.surroundings.clock;
  }

  /** Whether the operands of builtin `id` come as one array. */
  isPacked(id: number): boolean {
    return (this.callables[id]?.decl.args?.length ?? 0) > maxOperands;
  }

  /**
   * The value of a call. Throws a BuiltinError where the builtin has none, a
   * Suspension when it answers later.
   */
  call(
    id: number,
    operands: readonly Value[],
    session: Session,
    place: () => Location | undefined,
  ): Value | undefined {
    const builtin = this.callables[id];
    if (!builtin) {
      throw new PolicyError(
        "eval_builtin_error",
        `the host has no builtin \`${this.names[id]}\``,
        { location: place() },
      );
    }
    const remembers =
      builtin.nondeterministic || session.hasAsked(builtin.name);
    if (remembers) {
      const known = recall(builtin, operands, session);
      if (known) {
        return answerValue(known);
      }
    }
    if (!builtin.takesAny) {
      checkOperands(builtin.decl, operands);
    }
    const value = builtin.run(operands, this.context(session, place));
    if (value instanceof Promise) {
      throw suspend(builtin.name, operands, { value, session });
    }
    if (remembers) {
      session.remember(builtin.name, operands, { value });
    }
    return value;
  }

  private context(
    session: Session,
    place: () => Location | undefined,
  ): BuiltinContext {
    const { random, runtime, network } = this.surroundings;
    const { now, decisionCache, signal } = session;
    return {
      now,
      place,
      random,
      runtime,
      decisionCache,
      policyCache: this.policyCache,
      network,
      signal,
    };
  }
}

/** What a policy is given whose host says nothing else. */
export const defaultSurroundings: Required<Surroundings> = {
  clock: () => BigInt(Math.round(Date.now() * 1_000)) * 1_000n,
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  runtime: RegoObject.of([]),
  network: { allows: () => false },
};

function toCallable(builtin: HostBuiltin | undefined): Callable | undefined {
  const decl = builtin?.decl ?? builtinDeclarations.get(builtin?.name ?? "");
  return builtin && decl && { ...builtin, decl };
}

function recall(
  { name, decl }: Callable,
  operands: readonly Value[],
  session: Session,
): Answer | undefined {
  const known = session.recall(name, operands);
  if (known) {
    return known;
  }
  const replayed = session.replay(name, operands);
  return replayed === undefined
    ? undefined
    : session.remember(name, operands, {
        value: restoreSets(replayed, decl.result),
      });
}

function answerValue(answer: Answer): Value | undefined {
  if ("error" in answer) {
    throw answer.error;
  }
  return answer.value;
}

function suspend(
  name: string,
  operands: readonly Value[],
  {
    value: promise,
    session,
  }: {
    readonly value: Promise<Value | undefined>;
    readonly session: Session;
  },
): Suspension {
  const answered = promise.then(
    (value) => session.remember(name, operands, { value }),
    (error) => session.remember(name, operands, { error }),
  );
  return new Suspension(name, answered);
}

/** What a builtin threw, as its error; other failures pass as they are. */
export function toBuiltinError(thrown: unknown): BuiltinError | undefined {
  if (thrown instanceof BuiltinError) {
    return thrown;
  }
  return thrown instanceof PolicyError || thrown instanceof Suspension
    ? undefined
    : new BuiltinError(
        thrown instanceof Error ? thrown.message : String(thrown),
      );
}
