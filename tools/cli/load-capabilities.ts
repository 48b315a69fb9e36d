import { readFileSync } from "node:fs";
import {
  allowOnly,
  type CompileOptions,
  type NetworkPolicy,
  opaVersion,
  PolicyError,
} from "../../src/engine/index.ts";
import { type Arguments, textFlag } from "./command.ts";

/** `--capabilities`, of every command that compiles Rego. */
export const capabilitiesFlag = {
  type: "string",
  argument: "FILE",
  help: "capabilities file as OPA has it: the builtins that policies may call, and in allow_net the hosts they may reach",
} as const;

/** What `--capabilities` lets policies do. */
export type GivenCapabilities = {
  readonly compile: Pick<CompileOptions, "capabilities">;
  /** Nothing is reachable unless the file names it. */
  readonly network: NetworkPolicy;
  /** Whether keywords may follow a dot in a ref. */
  readonly keywordsInRefs: boolean;
};

/** The version of OPA whose capabilities are known, as flags name it. */
export const knownVersion = `v${opaVersion}`;

/** Reads the file that `--capabilities` names; everything OPA has without the flag. */
export function loadCapabilities(args: Arguments): GivenCapabilities {
  const file = textFlag(args, "capabilities");
  if (file === undefined || file === knownVersion) {
    return { compile: {}, network: allowOnly([]), keywordsInRefs: true };
  }
  const { builtins, features, hosts } = readCapabilities(file);
  return {
    compile: { capabilities: { builtins } },
    network: allowOnly(hosts),
    keywordsInRefs: features.includes("keywords_in_refs"),
  };
}

/** What a capabilities file has: the names of builtins and hosts, and all that stands in it. */
export function readCapabilities(file: string) {
  const given = parse(file);
  const builtins = given["builtins"] ?? [];
  if (!Array.isArray(builtins) || !builtins.every(isNamed)) {
    throw fault(file, "`builtins` must be a list of objects with a `name`");
  }
  return {
    given,
    builtins: builtins.map(({ name }) => name),
    features: texts(given["features"]) ?? [],
    hosts: readHosts(file, given["allow_net"]),
  };
}

function readHosts(file: string, given: unknown): readonly string[] {
  const hosts = texts(given ?? []);
  if (hosts === undefined) {
    throw fault(file, "`allow_net` must be a list of host names");
  }
  return hosts;
}

function texts(given: unknown): readonly string[] | undefined {
  return Array.isArray(given) && given.every((one) => typeof one === "string")
    ? given
    : undefined;
}

function parse(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const problem = /^v\d/.test(file)
      ? `there are no capabilities of version ${file}, only of ${knownVersion}`
      : "there is no such file";
    throw fault(file, problem, cause);
  }
  try {
    const given: unknown = JSON.parse(text);
    if (given !== null && typeof given === "object" && !Array.isArray(given)) {
      return given as Readonly<Record<string, unknown>>;
    }
  } catch (cause) {
    throw fault(file, (cause as Error).message, cause);
  }
  throw fault(file, "must be a JSON object");
}

function isNamed(one: unknown): one is { readonly name: string } {
  return (
    one !== null &&
    typeof one === "object" &&
    typeof (one as { name?: unknown }).name === "string"
  );
}

function fault(file: string, problem: string, cause?: unknown): PolicyError {
  return new PolicyError(
    "bundle_load_error",
    `capabilities \`${file}\`: ${problem}`,
    { cause },
  );
}
