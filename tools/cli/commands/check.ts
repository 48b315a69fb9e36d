import { compile } from "../../../src/engine/index.ts";
import { type Arguments, type Command, exitCode } from "../command.ts";
import { loadPaths } from "../load-paths.ts";
import { printErrors } from "../output.ts";

/** `portcullis check`: parses and analyses, silent when all is well. */
export const check: Command = {
  name: "check",
  summary: "check Rego files for errors, without running them",
  usage: "PATH...",
  flags: {
    "v0-compatible": {
      type: "boolean",
      help: "read the files as Rego v0",
    },
  },
  run: async (args: Arguments) => {
    if (args.positionals.length === 0) {
      console.error("portcullis check: give at least one file or folder");
      return exitCode.usage;
    }
    const { modules } = loadPaths(args.positionals);
    const compiled = compile({
      modules,
      entrypoints: [],
      regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
    });
    if ("errors" in compiled) {
      printErrors(compiled.errors);
      return exitCode.failed;
    }
    return exitCode.fine;
  },
};
