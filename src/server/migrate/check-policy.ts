import { hostBuiltins } from "../../builtins/index.ts";
import {
  compile,
  type HostCall,
  opaCapabilities,
  PolicyError,
  requiredCapabilities,
} from "../../engine/index.ts";
import type { ReplayDocuments } from "../replay/document-replay.ts";
import { type Separable, separableConditions } from "./separable.ts";

/** Where a builtin runs: inside the sandbox, in the host, or nowhere here. */
type UsedBuiltin = {
  readonly name: string;
  readonly runs: "sandbox" | "host" | "nowhere";
};

/** What is known of a policy before anything of it runs. */
export type PolicyFindings = {
  /** How many files are of each version of Rego. */
  readonly regoVersions: { readonly v0: number; readonly v1: number };
  readonly builtins: readonly UsedBuiltin[];
  /** Calls that may answer differently each time, on the way of a request. */
  readonly nondeterministic: readonly HostCall[];
  readonly separable: readonly Separable[];
};

/** Looks at a policy and the rule that requests ask for. Throws what is wrong with it. */
export function checkPolicy(
  { modules, regoVersion, regoVersions }: ReplayDocuments,
  entrypoint: string,
): PolicyFindings {
  const options = { modules, regoVersion, regoVersions };
  const required = requiredCapabilities(options);
  if ("errors" in required) {
    throw firstOf(required.errors);
  }
  const compiled = compile({
    ...options,
    builtins: hostBuiltins,
    entrypoints: [entrypoint],
    requireRules: true,
  });
  if ("errors" in compiled) {
    throw firstOf(compiled.errors);
  }
  const { hostBuiltins: hosted } = compiled.policy;
  const calls = compiled.policy.hostCalls();
  const names = Object.keys(modules);
  const old = names.filter(
    (name) => (regoVersions[name] ?? regoVersion) === 0,
  ).length;
  return {
    regoVersions: { v0: old, v1: names.length - old },
    builtins: required.builtins.map((name) => ({
      name,
      runs: whereOf(name, hosted),
    })),
    nondeterministic: calls.filter(({ builtin }) => changing.has(builtin)),
    separable: separableConditions(
      modules,
      entrypoint.split("/"),
      regoVersions,
    ),
  };
}

const changing: ReadonlySet<string> = new Set(
  opaCapabilities.builtins.flatMap(({ name, nondeterministic }) =>
    nondeterministic ? [name] : [],
  ),
);

const ofHost: ReadonlySet<string> = new Set(
  hostBuiltins.map(({ name }) => name),
);

function whereOf(name: string, hosted: readonly string[]): UsedBuiltin["runs"] {
  if (ofHost.has(name) || name === "time.now_ns") {
    return "host";
  }
  return hosted.includes(name) ? "nowhere" : "sandbox";
}

function firstOf(errors: readonly PolicyError[]): PolicyError {
  return (
    errors[0] ??
    new PolicyError("internal_error", "a policy failed without an error")
  );
}
