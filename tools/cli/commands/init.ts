import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { guardName, pipelineFile } from "../../../src/bundle/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import { configuration, guardFiles, pipelineWith } from "../guard-files.ts";

const configurationFile = "portcullis.yaml";

/** `portcullis init guard NAME`: a guard that works, to be changed. */
export const init: Command = {
  usage: "guard NAME",
  flags: {
    directory: {
      type: "string",
      short: "C",
      argument: "DIR",
      help: "the source folder, in which `guards/` is (default: here)",
    },
  },
  run: async (args: Arguments) => {
    const [what, name = "", ...more] = args.positionals;
    if (what !== "guard" || name === "" || more.length > 0) {
      console.error("portcullis init: write `portcullis init guard NAME`");
      return exitCode.failed;
    }
    if (!guardName.pattern.test(name)) {
      console.error(
        `portcullis init: a guard's name is in snake_case, as \`my_guard\`, not \`${name}\``,
      );
      return exitCode.failed;
    }
    return writeGuard(textFlag(args, "directory") ?? ".", name);
  },
};

function writeGuard(folder: string, name: string): number {
  const files = guardFiles(name);
  const taken = Object.keys(files).find((file) =>
    existsSync(join(folder, file)),
  );
  if (taken !== undefined) {
    console.error(
      `portcullis init: \`${join(folder, taken)}\` is there already; nothing was written`,
    );
    return exitCode.failed;
  }
  for (const [file, text] of Object.entries(files)) {
    write(join(folder, file), text);
  }
  const pipeline = join(folder, pipelineFile);
  if (existsSync(pipeline)) {
    console.log(
      `add it to the order of guards in ${pipeline}: \`- guard: ${name}\``,
    );
  } else {
    write(pipeline, pipelineWith(name));
  }
  const config = join(folder, configurationFile);
  if (!existsSync(config)) {
    write(config, configuration);
  }
  return exitCode.fine;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(path);
}
