import { compile } from "../../../src/engine/index.ts";
import { type Arguments, type Command, exitCode } from "../command.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { loadPaths } from "../load-paths.ts";
import { loadSchemas } from "../load-schemas.ts";
import { printErrors } from "../output.ts";

/** `portcullis check`: parses and analyses, silent when all is well. */
export const check: Command = {
  usage: "PATH...",
  flags: {
    builtins: builtinsFlag,
    capabilities: capabilitiesFlag,
    "v0-compatible": {
      type: "boolean",
      help: "read the files as Rego v0",
    },
    schema: {
      type: "string",
      help: "JSON Schema file of the input, or folder of schemas that annotations name",
    },
    "no-guard-schema": {
      type: "boolean",
      help: "do not check packages guards.* against the server's input document",
    },
  },
  run: async (args: Arguments) => {
    if (args.positionals.length === 0) {
      console.error("portcullis check: give at least one file or folder");
      return exitCode.usage;
    }
    const { modules } = loadPaths(args.positionals);
    const schema =
      typeof args.flags["schema"] === "string"
        ? args.flags["schema"]
        : undefined;
    const compiled = compile({
      modules,
      entrypoints: [],
      ...loadCapabilities(args).compile,
      builtins: await loadBuiltins(args),
      schemas: loadSchemas({
        path: schema,
        guards: args.flags["no-guard-schema"] !== true,
      }),
      regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
    });
    if ("errors" in compiled) {
      printErrors(compiled.errors);
      return exitCode.failed;
    }
    return exitCode.fine;
  },
};
