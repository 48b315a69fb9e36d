import { PolicyError } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
} from "../command.ts";
import { inspectPath } from "../inspect-bundle.ts";
import { inspectJson, inspectText } from "../inspect-report.ts";

const formats = ["pretty", "json"];

/** `portcullis inspect`: what a bundle or a Rego file holds and needs, as OPA tells it. */
export const inspect: Command = {
  usage: "PATH",
  flags: {
    annotations: {
      type: "boolean",
      short: "a",
      help: "tell what metadata says of packages and rules",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "pretty or json (default pretty)",
    },
    "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
    "v1-compatible": { type: "boolean", help: "read the files as Rego v1" },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "pretty";
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0) {
      console.error("portcullis inspect: give one bundle or file");
      return exitCode.failed;
    }
    if (!formats.includes(format)) {
      const wrong = notOneOf("format", format, formats);
      console.error(`portcullis inspect: ${wrong}`);
      return exitCode.failed;
    }
    const regoVersion = args.flags["v0-compatible"] === true ? 0 : 1;
    const print = format === "json" ? inspectJson : inspectText;
    try {
      const found = await inspectPath(path, regoVersion);
      process.stdout.write(print(found, args.flags["annotations"] === true));
      return exitCode.fine;
    } catch (error) {
      console.error(`error: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};
