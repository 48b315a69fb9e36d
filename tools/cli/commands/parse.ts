import { readFileSync } from "node:fs";
import { PolicyError, parseModule } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import { errorsJson } from "../error-json.ts";
import { prettyModule } from "../parse-pretty.ts";
import {
  formatFlag,
  formatOf,
  regoVersionOf,
  versionFlags,
  wrongFormat,
} from "../shared-flags.ts";

const elements = ["locations", "comments"];

/** `portcullis parse`: a file's syntax tree, as OPA prints it. */
export const parse: Command = {
  usage: "FILE",
  flags: {
    format: formatFlag,
    "json-include": {
      type: "string",
      argument: "LIST",
      help: "what JSON has besides: locations, comments (default comments); `-comments` leaves out",
    },
    ...versionFlags,
  },
  run: async (args: Arguments) => {
    const [file, ...more] = args.positionals;
    const wrong = wrongFormat(args) ?? wrongUse(args);
    if (file === undefined || more.length > 0 || wrong !== undefined) {
      console.error(`portcullis parse: ${wrong ?? "give one file"}`);
      return exitCode.failed;
    }
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      const message = `open ${file}: no such file or directory`;
      const error = new PolicyError("bundle_load_error", message);
      process.stderr.write(errorsJson([error], {}));
      return exitCode.failed;
    }
    return print(file, text, args);
  },
};

function wrongUse(args: Arguments): string | undefined {
  const unknown = included(args).find(
    (name) => !elements.includes(name.replace(/^-/, "")),
  );
  return unknown === undefined
    ? undefined
    : `--json-include cannot have \`${unknown}\`, only ${elements.join(", ")}`;
}

function included(args: Arguments): readonly string[] {
  return (textFlag(args, "json-include") ?? "").split(",").filter(Boolean);
}

function print(file: string, text: string, args: Arguments): number {
  const names = included(args);
  const parsed = parseModule(text, {
    file,
    regoVersion: regoVersionOf(args),
    locations: names.includes("locations"),
    comments: !names.includes("-comments"),
    indent: "  ",
  });
  if ("errors" in parsed) {
    process.stderr.write(errorsJson(parsed.errors, { [file]: text }));
    return exitCode.failed;
  }
  process.stdout.write(
    formatOf(args) === "json"
      ? `${parsed.ast.trimEnd()}\n`
      : prettyModule(parsed.ast),
  );
  return exitCode.fine;
}
