import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  bundleShape,
  type RemoteSettings,
  readSettings,
} from "../../src/bundle/index.ts";
import { type Arguments, textFlag } from "./command.ts";

/** How a registry or a web server is reached. */
export const remoteFlags = {
  "ca-file": {
    type: "string",
    argument: "FILE",
    help: "the CA to trust in place of the system's, PEM",
  },
  "cert-file": {
    type: "string",
    argument: "FILE",
    help: "the client certificate, PEM",
  },
  "docker-config": {
    type: "string",
    argument: "FILE",
    help: "the credentials of registries (default config.json in $DOCKER_CONFIG or ~/.docker)",
  },
  "key-file": {
    type: "string",
    argument: "FILE",
    help: "the key of the client certificate, PEM",
  },
  "password-file": {
    type: "string",
    argument: "FILE",
    help: "holds the password of --username",
  },
  "plain-http": {
    type: "boolean",
    help: "speak plain http; for tests on one machine",
  },
  "token-file": {
    type: "string",
    argument: "FILE",
    help: "holds a bearer token",
  },
  username: {
    type: "string",
    argument: "NAME",
    help: "the user, for basic authentication",
  },
} as const;

/** Where the digest goes that a registry has for a bundle. */
export const digestFileFlag = {
  "digest-file": {
    type: "string",
    argument: "FILE",
    help: "where to write the digest of the manifest",
  },
} as const;

/** Writes the digest to the file that is asked for, and nothing else. */
export function writeDigest(args: Arguments, digest: string): void {
  const file = textFlag(args, "digest-file");
  if (file !== undefined) {
    writeFileSync(file, digest);
  }
}

/** What the flags say, with the defaults of the configuration. */
export function readRemote(args: Arguments): RemoteSettings {
  const { remote } = readSettings(bundleShape, {
    text: "",
    file: "",
    code: "server_config_error",
  });
  return {
    ...remote,
    ca: textFlag(args, "ca-file"),
    cert: textFlag(args, "cert-file"),
    key: textFlag(args, "key-file"),
    dockerConfig: textFlag(args, "docker-config") ?? dockerConfig(),
    username: textFlag(args, "username"),
    passwordFile: textFlag(args, "password-file"),
    tokenFile: textFlag(args, "token-file"),
    allowPlaintext: args.flags["plain-http"] === true,
  };
}

function dockerConfig(): string | undefined {
  const folder = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
  const file = join(folder, "config.json");
  return existsSync(file) ? file : undefined;
}
