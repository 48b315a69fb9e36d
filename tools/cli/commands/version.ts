import { packageVersion } from "../../../src/bundle/index.ts";
import { opaVersion } from "../../../src/engine/index.ts";
import { type Command, exitCode } from "../command.ts";

/** `portcullis version`. */
export const version: Command = {
  usage: "",
  flags: {},
  run: async () => {
    console.log(`Version: ${packageVersion()}`);
    console.log(`Rego: v1, as OPA ${opaVersion}`);
    console.log(`Platform: ${process.platform}/${process.arch}`);
    console.log(`Node: ${process.version}`);
    return exitCode.fine;
  },
};
