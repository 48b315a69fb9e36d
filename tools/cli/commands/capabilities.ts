import { opaCapabilities, PolicyError } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import { knownVersion, readCapabilities } from "../load-capabilities.ts";

/** `portcullis capabilities`: what policies may use, as a file for `--capabilities`. */
export const capabilities: Command = {
  usage: "",
  flags: {
    current: {
      type: "boolean",
      help: "print what this version has",
    },
    file: {
      type: "string",
      argument: "FILE",
      help: "print a capabilities file, once it is found to be one",
    },
    version: {
      type: "string",
      argument: "VERSION",
      help: `print what a version of OPA has; ${knownVersion} is known`,
    },
  },
  run: async (args: Arguments) => {
    const file = textFlag(args, "file");
    const wanted = textFlag(args, "version");
    if (file !== undefined) {
      return printFile(file);
    }
    if (wanted !== undefined && wanted !== knownVersion) {
      console.error(
        `portcullis capabilities: there are none of version ${wanted}, only of ${knownVersion}`,
      );
      return exitCode.failed;
    }
    const isAsked = args.flags["current"] === true || wanted !== undefined;
    console.log(
      isAsked ? JSON.stringify(opaCapabilities, undefined, 2) : knownVersion,
    );
    return exitCode.fine;
  },
};

function printFile(file: string): number {
  try {
    const { given } = readCapabilities(file);
    console.log(JSON.stringify(given, undefined, 2));
    return exitCode.fine;
  } catch (error) {
    console.error(
      `portcullis capabilities: ${PolicyError.from(error).rawMessage}`,
    );
    return exitCode.failed;
  }
}
