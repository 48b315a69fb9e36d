import { createServer, readConfig } from "../../../src/server/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { terminated } from "../terminated.ts";

/** `portcullis serve`: the ext_authz server; SIGTERM and SIGINT drain it. */
export const serve: Command = {
  usage: "",
  flags: {
    builtins: builtinsFlag,
    config: {
      type: "string",
      short: "c",
      argument: "FILE",
      help: "the configuration (default portcullis.yaml)",
    },
    check: {
      type: "boolean",
      help: "validate the configuration and the policies, then exit",
    },
  },
  run: async (args: Arguments) => {
    const config = readConfig(textFlag(args, "config") ?? "portcullis.yaml");
    const server = await createServer(config, {
      builtins: await loadBuiltins(args),
    });
    if (args.flags["check"] === true) {
      await server.close();
      return exitCode.fine;
    }
    const addresses = await server.start();
    for (const [name, address] of Object.entries(addresses)) {
      console.error(`portcullis: ${name} on ${address}`);
    }
    await terminated();
    await server.close();
    return exitCode.fine;
  },
};
