import { readFileSync } from "node:fs";
import { PolicyError } from "../../engine/index.ts";
import { fault } from "../fault.ts";
import type { RegistryCredentials } from "./authorization.ts";

type Entry = {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
};

type DockerConfig = {
  readonly auths?: Readonly<Record<string, Entry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
};

/**
 * The credentials for a registry in docker's config.json; undefined where it
 * has none. Programs that hold credentials are not run: that is refused.
 */
export function readDockerCredentials(
  file: string,
  registry: string,
): RegistryCredentials | undefined {
  const config = readConfig(file);
  const program = named(config.credHelpers, registry);
  const entry = named(config.auths, registry);
  if (program !== undefined) {
    throw kept(file, registry, program);
  }
  if (entry === undefined) {
    return undefined;
  }
  const found = toCredentials(entry, { file, registry });
  if (found === undefined && config.credsStore) {
    throw kept(file, registry, config.credsStore);
  }
  return found;
}

function kept(file: string, registry: string, program: string): PolicyError {
  return fault(
    `\`${file}\` leaves the credentials of ${registry} to the program docker-credential-${program}, which is not run; give them in \`auths\`, or a token by a file`,
  );
}

function readConfig(file: string): DockerConfig {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    // The parser's own words may quote what is secret.
    const isThere = cause instanceof SyntaxError;
    throw new PolicyError(
      "server_config_error",
      `the docker configuration \`${file}\` ${isThere ? "is no JSON" : "cannot be read"}`,
      isThere ? {} : { cause },
    );
  }
  return (found ?? {}) as DockerConfig;
}

/** An entry by the registry's host: docker writes some with a scheme and a path. */
function named<T>(
  entries: Readonly<Record<string, T>> | undefined,
  registry: string,
): T | undefined {
  const names =
    registry === "docker.io" ? [registry, "index.docker.io"] : [registry];
  return Object.entries(entries ?? {}).find(([name]) =>
    names.includes(name.replace(/^https?:\/\//, "").replace(/\/.*$/, "")),
  )?.[1];
}

function toCredentials(
  { auth, username, password, identitytoken, registrytoken }: Entry,
  { file, registry }: { readonly file: string; readonly registry: string },
): RegistryCredentials | undefined {
  if (typeof registrytoken === "string" && registrytoken !== "") {
    return { kind: "bearer", token: registrytoken };
  }
  if (typeof identitytoken === "string" && identitytoken !== "") {
    return { kind: "refresh", token: identitytoken };
  }
  if (typeof auth === "string" && auth !== "") {
    const pair = Buffer.from(auth, "base64").toString("utf8");
    const colon = pair.indexOf(":");
    if (colon < 1) {
      throw fault(
        `\`${file}\` has no user and password in \`auth\` of ${registry}`,
      );
    }
    return { kind: "basic", pair };
  }
  return typeof username === "string" && typeof password === "string"
    ? { kind: "basic", pair: `${username}:${password}` }
    : undefined;
}
