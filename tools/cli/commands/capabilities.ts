import { readFileSync } from "node:fs";
import { opaCapabilities } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";

const version = "v1.20.1";

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
      help: `print what a version of OPA has; ${version} is known`,
    },
  },
  run: async (args: Arguments) => {
    const file = textFlag(args, "file");
    const wanted = textFlag(args, "version");
    if (file !== undefined) {
      return printFile(file);
    }
    if (wanted !== undefined && wanted !== version) {
      console.error(
        `portcullis capabilities: there are none of version ${wanted}, only of ${version}`,
      );
      return exitCode.failed;
    }
    const isAsked = args.flags["current"] === true || wanted !== undefined;
    console.log(
      isAsked ? JSON.stringify(opaCapabilities, undefined, 2) : version,
    );
    return exitCode.fine;
  },
};

function printFile(file: string): number {
  try {
    const given: unknown = JSON.parse(readFileSync(file, "utf8"));
    console.log(JSON.stringify(given, undefined, 2));
    return exitCode.fine;
  } catch (error) {
    console.error(
      `portcullis capabilities: ${file}: ${(error as Error).message}`,
    );
    return exitCode.failed;
  }
}
