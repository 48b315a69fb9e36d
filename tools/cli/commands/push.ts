import { readFileSync } from "node:fs";
import { pushArchive } from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import { readSigning, signingFlags } from "../bundle-keys.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
  textFlags,
} from "../command.ts";
import { readPairs } from "../read-pairs.ts";
import {
  digestFileFlag,
  readRemote,
  remoteFlags,
  writeDigest,
} from "../remote-flags.ts";

/** `portcullis push`: puts a bundle into an OCI registry, and its signature beside it. */
export const push: Command = {
  usage: "BUNDLE oci://REGISTRY/REPOSITORY:TAG",
  flags: {
    annotation: {
      type: "string",
      multiple: true,
      argument: "NAME=TEXT",
      help: "what the manifest says of the bundle; may repeat",
    },
    ...digestFileFlag,
    ...remoteFlags,
    ...signingFlags,
  },
  run: async (args: Arguments) => {
    const [file, target, ...more] = args.positionals;
    if (file === undefined || target === undefined || more.length > 0) {
      console.error(
        "portcullis push: give a bundle and where it goes, as oci://registry/repository:tag",
      );
      return exitCode.failed;
    }
    try {
      const key = textFlag(args, "signing-key");
      const { reference, digest, isSigned } = await pushArchive({
        name: file,
        archive: readFileSync(file),
        target,
        remote: readRemote(args),
        annotations: readPairs(textFlags(args, "annotation"), {
          flag: "annotation",
          form: "NAME=TEXT",
          code: "bundle_load_error",
        }),
        signing: key === undefined ? undefined : readSigning(args, key),
      });
      console.log(reference);
      writeDigest(args, digest);
      if (!isSigned) {
        console.error(
          "portcullis push: the bundle is not signed; servers refuse it unless they are told otherwise",
        );
      }
      return exitCode.fine;
    } catch (error) {
      console.error(`portcullis push: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};
