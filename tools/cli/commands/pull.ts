import { writeFileSync } from "node:fs";
import { pullBundle } from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import { readVerification, verificationFlags } from "../bundle-keys.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import {
  digestFileFlag,
  readRemote,
  remoteFlags,
  writeDigest,
} from "../remote-flags.ts";

/** `portcullis pull`: fetches a bundle from a registry or a web server, and verifies it. */
export const pull: Command = {
  usage: "oci://REGISTRY/REPOSITORY:TAG | https://ADDRESS",
  flags: {
    "allow-unsigned": {
      type: "boolean",
      help: "take the bundle without looking at signatures",
    },
    ...digestFileFlag,
    output: {
      type: "string",
      short: "o",
      argument: "FILE",
      help: "where to write (default bundle.tar.gz)",
    },
    ...remoteFlags,
    ...verificationFlags,
  },
  run: async (args: Arguments) => {
    const key = textFlag(args, "verification-key");
    const wrong = wrongUse(args, key);
    if (wrong !== undefined) {
      console.error(`portcullis pull: ${wrong}`);
      return exitCode.failed;
    }
    try {
      const { archive, from, validator } = await pullBundle({
        source: args.positionals[0] as string,
        remote: readRemote(args),
        trust: {
          isRequired: key !== undefined,
          verification:
            key === undefined ? undefined : readVerification(args, key),
        },
      });
      writeFileSync(textFlag(args, "output") ?? "bundle.tar.gz", archive);
      writeDigest(args, validator ?? "");
      console.log(from);
      return exitCode.fine;
    } catch (error) {
      console.error(`portcullis pull: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};

function wrongUse(
  { positionals, flags }: Arguments,
  key: string | undefined,
): string | undefined {
  if (positionals.length !== 1) {
    return "give one bundle, as oci://registry/repository:tag or https://address";
  }
  const isUnsigned = flags["allow-unsigned"] === true;
  if (key === undefined && !isUnsigned) {
    return "give the key by --verification-key, or --allow-unsigned to take what is not verified";
  }
  const isOfRegistry = positionals[0]?.startsWith("oci://") === true;
  if (flags["digest-file"] !== undefined && !isOfRegistry) {
    return "--digest-file is for oci://: a web server names no digest";
  }
  return key !== undefined && isUnsigned
    ? "--verification-key and --allow-unsigned exclude each other"
    : undefined;
}
