import { existsSync, readFileSync } from "node:fs";
import type { SigningOptions, Verification } from "../../src/bundle/index.ts";
import { PolicyError, parseJson, toJs } from "../../src/engine/index.ts";
import { type Arguments, listFlag, textFlag } from "./command.ts";
import { ignoring } from "./load-paths.ts";

const signingAlgFlag = {
  type: "string",
  argument: "NAME",
  help: "RS, PS, ES or HS with 256, 384 or 512, or EdDSA (default RS256)",
} as const;

/** What `--verification-key` and the flags beside it ask for. */
export const verificationFlags = {
  "verification-key": {
    type: "string",
    argument: "KEY",
    help: "secret (HMAC), or file of the PEM public key",
  },
  "verification-key-id": {
    type: "string",
    argument: "ID",
    help: "name of the key (default default)",
  },
  "signing-alg": signingAlgFlag,
  scope: {
    type: "string",
    argument: "SCOPE",
    help: "what the signature must be for",
  },
  "exclude-files-verify": {
    type: "string",
    multiple: true,
    argument: "PATTERN",
    help: "files that need no signature; may repeat",
  },
} as const;

/** What `--signing-key` and the flags beside it ask for. */
export const signingFlags = {
  "signing-key": {
    type: "string",
    argument: "KEY",
    help: "secret (HMAC), or file of the PEM private key",
  },
  "signing-alg": signingAlgFlag,
  "claims-file": {
    type: "string",
    argument: "FILE",
    help: "JSON object of further claims, as scope and keyid",
  },
  "signing-plugin": {
    type: "string",
    argument: "NAME",
    help: "not supported: keys sign without plugins",
  },
} as const;

/** How a bundle is signed with the key that was given. */
export function readSigning(args: Arguments, key: string): SigningOptions {
  return {
    key: readKey(key),
    algorithm: algorithmOf(args),
    claims: readClaims(textFlag(args, "claims-file")),
  };
}

/** A key as it is given: the name of a file, or the key itself. */
function readKey(given: string): string {
  const isText = given.startsWith("-----BEGIN");
  return !isText && existsSync(given) ? readFileSync(given, "utf8") : given;
}

function algorithmOf(args: Arguments): string {
  return textFlag(args, "signing-alg") ?? "RS256";
}

/** The one key that the flags name. */
export function readVerification(args: Arguments, key: string): Verification {
  const keyId = textFlag(args, "verification-key-id") ?? "default";
  return {
    keys: new Map([
      [keyId, { key: readKey(key), algorithm: algorithmOf(args) }],
    ]),
    keyId,
    scope: textFlag(args, "scope"),
    isExcluded: ignoring(listFlag(args, "exclude-files-verify")),
  };
}

function readClaims(
  file: string | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (file === undefined) {
    return undefined;
  }
  const claims = toJs(parseJson(readFileSync(file, "utf8")));
  if (
    claims === null ||
    typeof claims !== "object" ||
    Array.isArray(claims) ||
    claims instanceof Map
  ) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${file}\` must hold an object of claims`,
    );
  }
  return claims as Readonly<Record<string, unknown>>;
}
