import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  readBundleFiles,
  signBundle,
  signedNames,
} from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import { readSigning, signingFlags } from "../bundle-keys.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";

/** `portcullis sign`: writes the `.signatures.json` of bundles, as OPA does. */
export const sign: Command = {
  usage: "PATH...",
  flags: {
    bundle: {
      type: "boolean",
      short: "b",
      help: "the paths are bundles: archives or folders; must be given",
    },
    ...signingFlags,
    "output-file-path": {
      type: "string",
      short: "o",
      argument: "FOLDER",
      help: "where .signatures.json is written (default .)",
    },
  },
  run: async (args: Arguments) => {
    const key = textFlag(args, "signing-key") ?? "";
    const wrong = wrongUse(args, key);
    if (wrong !== undefined) {
      console.error(`portcullis sign: ${wrong}`);
      return exitCode.failed;
    }
    try {
      const files = [];
      for (const path of args.positionals) {
        files.push(...signedNames(path, await readBundleFiles(path)));
      }
      const signatures = signBundle(files, readSigning(args, key));
      const folder = textFlag(args, "output-file-path") ?? ".";
      writeFileSync(join(folder, ".signatures.json"), signatures);
      return exitCode.fine;
    } catch (error) {
      console.log(`error: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};

function wrongUse(args: Arguments, key: string): string | undefined {
  if (args.positionals.length === 0) {
    return "specify at least one path containing policy and/or data files";
  }
  if (key === "") {
    return "specify the secret (HMAC) or path of the PEM file containing the private key (RSA and ECDSA)";
  }
  if (args.flags["bundle"] !== true) {
    return "enable bundle mode (ie. --bundle) to sign bundle files or directories";
  }
  return textFlag(args, "signing-plugin") === undefined
    ? undefined
    : "--signing-plugin is not supported; sign by --signing-key";
}
