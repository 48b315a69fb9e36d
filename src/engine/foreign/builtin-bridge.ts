import type { HostBuiltin } from "../builtins/host-builtin.ts";
import { builtinDeclarations } from "../builtins/registry.ts";
import { compile } from "../compile.ts";
import { PolicyError } from "../error.ts";
import { LoadedDecision } from "../evaluate/decision.ts";
import { defaultSurroundings } from "../evaluate/host-calls.ts";
import type { Meter } from "../evaluate/meter.ts";
import {
  LoadedPolicy,
  RegoText,
  type Surroundings,
} from "../evaluate/policy.ts";
import { Session } from "../evaluate/session.ts";
import type { ForeignOptions } from "./foreign-guard.ts";
import { fault } from "./require.ts";

/**
 * Builtins for a module that OPA compiled, by their names: a small policy of
 * ours calls each, so that those of our runtime and those of the host are had
 * in one way. Operands come as Rego's own text or as JSON, which is Rego too;
 * values go back as what the module reads.
 */
export class BuiltinBridge {
  private readonly policy: LoadedPolicy | undefined;
  private readonly names: readonly string[];
  private readonly surroundings: Surroundings;
  private readonly isRego: boolean;

  /** Throws for a name that there is no builtin for, and for one that answers later. */
  constructor(
    names: readonly string[],
    { builtins = [], surroundings = {} }: ForeignOptions,
    isRego: boolean,
  ) {
    this.names = names;
    this.surroundings = surroundings;
    this.isRego = isRego;
    this.policy =
      names.length === 0
        ? undefined
        : new LoadedPolicy(compileCalls(names, builtins), {
            ...surroundings,
            builtins,
          });
  }

  /** What all calls of one decision share. */
  session(): Session {
    return new Session(this.surroundings.clock ?? defaultSurroundings.clock);
  }

  /** The text of a builtin's value; undefined where it has none. */
  call(
    name: string,
    operands: readonly string[],
    session: Session,
    meter: Meter,
  ): string | undefined {
    const index = this.names.indexOf(name);
    if (!this.policy || index < 0) {
      return undefined;
    }
    const decision = new LoadedDecision(this.policy, {
      input: new RegoText(`[${operands.join(", ")}]`),
      session,
      limits: meter.limits,
      meter,
    });
    return this.isRego
      ? decision.evaluateRego(entrypoint(index))
      : decision.evaluateJson(entrypoint(index));
  }
}

function entrypoint(index: number): string {
  return `bridge/call_${index}`;
}

function compileCalls(
  names: readonly string[],
  builtins: readonly HostBuiltin[],
): WebAssembly.Module {
  const rules = names.map((name, index) => ruleFor(name, index, builtins));
  const compiled = compile({
    modules: { "bridge.rego": ["package bridge", ...rules].join("\n") },
    entrypoints: names.map((_, index) => entrypoint(index)),
    builtins: builtins.map(({ name, decl }) => ({
      name,
      ...(decl && { decl }),
    })),
  });
  if ("errors" in compiled) {
    throw (
      compiled.errors[0] ??
      new PolicyError("internal_error", "a compilation failed without an error")
    );
  }
  const given = new Set(["time.now_ns", ...builtins.map(({ name }) => name)]);
  const missing = compiled.policy.hostBuiltins.find((name) => !given.has(name));
  if (missing !== undefined) {
    throw notGiven(missing);
  }
  return new WebAssembly.Module(compiled.policy.wasm as BufferSource);
}

function ruleFor(
  name: string,
  index: number,
  builtins: readonly HostBuiltin[],
): string {
  const own = builtins.find((one) => one.name === name);
  if (own?.answersLater) {
    throw fault(
      `the module calls the builtin \`${name}\`, which answers later than a guard may wait`,
    );
  }
  const declared = own?.decl ?? builtinDeclarations.get(name);
  if (declared === undefined || name.startsWith("internal.")) {
    throw notGiven(name);
  }
  const operands = (declared.args ?? []).map((_, at) => `input[${at}]`);
  return `call_${index} := ${name}(${operands.join(", ")})`;
}

function notGiven(name: string): PolicyError {
  return fault(
    `the module calls the builtin \`${name}\`, which no guard is given`,
  );
}
