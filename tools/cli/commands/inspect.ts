import { PolicyError } from "../../../src/engine/index.ts";
import { type Arguments, type Command, exitCode } from "../command.ts";
import { inspectPath } from "../inspect-bundle.ts";
import { inspectJson, inspectText } from "../inspect-report.ts";
import {
  formatFlag,
  formatOf,
  regoVersionOf,
  versionFlags,
  wrongFormat,
} from "../shared-flags.ts";

/** `portcullis inspect`: what a bundle or a Rego file holds and needs, as OPA tells it. */
export const inspect: Command = {
  usage: "PATH",
  flags: {
    annotations: {
      type: "boolean",
      short: "a",
      help: "tell what metadata says of packages and rules",
    },
    format: formatFlag,
    ...versionFlags,
  },
  run: async (args: Arguments) => {
    const [path, ...more] = args.positionals;
    const wrong = wrongFormat(args);
    if (path === undefined || more.length > 0 || wrong !== undefined) {
      console.error(
        `portcullis inspect: ${wrong ?? "give one bundle or file"}`,
      );
      return exitCode.failed;
    }
    const print = formatOf(args) === "json" ? inspectJson : inspectText;
    try {
      const found = await inspectPath(path, regoVersionOf(args));
      process.stdout.write(print(found, args.flags["annotations"] === true));
      return exitCode.fine;
    } catch (error) {
      console.error(`error: ${PolicyError.from(error).rawMessage}`);
      return exitCode.failed;
    }
  },
};
