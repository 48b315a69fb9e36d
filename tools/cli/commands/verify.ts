import { existsSync } from "node:fs";
import { readBundle } from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import { readVerification, verificationFlags } from "../bundle-keys.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
  textFlags,
} from "../command.ts";

/** `portcullis verify`: says whether bundles are signed, whole and by the key. */
export const verify: Command = {
  usage: "",
  flags: {
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "PATH",
      help: "an archive or folder to verify; may repeat",
    },
    ...verificationFlags,
  },
  run: async (args: Arguments) => {
    const bundles = textFlags(args, "bundle");
    const key = textFlag(args, "verification-key") ?? "";
    const missing = bundles.find((path) => !existsSync(path));
    const wrong = wrongUse(bundles, key, missing);
    if (wrong !== undefined) {
      console.error(`portcullis verify: ${wrong}`);
      return exitCode.failed;
    }
    const verification = readVerification(args, key);
    for (const path of bundles) {
      try {
        await readBundle(path, { verification });
      } catch (error) {
        console.error(PolicyError.from(error).rawMessage);
        return exitCode.policy;
      }
    }
    return exitCode.fine;
  },
};

function wrongUse(
  bundles: readonly string[],
  key: string,
  missing: string | undefined,
): string | undefined {
  if (bundles.length === 0) {
    return "give an archive or folder by --bundle";
  }
  if (key === "") {
    return "give the key by --verification-key";
  }
  return missing && `stat ${missing}: no such file or directory`;
}
