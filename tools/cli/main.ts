import { parseArgs } from "node:util";
import { type Command, exitCode, type Flag, type Listed } from "./command.ts";
import { commands } from "./commands.ts";
import { withEnvironment } from "./env-flags.ts";
import { helpText, overview } from "./help.ts";

/** Runs one command; the number is the process's exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", endWithReader);
  process.stderr.on("error", endWithReader);
  const [name = "help", ...rest] = argv;
  if (["help", "--help", "-h"].includes(name)) {
    console.log(overview());
    return argv.length === 0 ? exitCode.failed : exitCode.fine;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const { nearest } = await import("../../src/bundle/index.ts");
    const guess = nearest(
      name,
      commands.map((candidate) => candidate.name),
    );
    const hint = guess === undefined ? "" : `; did you mean \`${guess}\`?`;
    console.error(`portcullis: unknown command \`${name}\`${hint}`);
    console.error("`portcullis help` lists the commands");
    return exitCode.failed;
  }
  return runCommand(command, rest);
}

async function runCommand(
  listed: Listed,
  argv: readonly string[],
): Promise<number> {
  const { name } = listed;
  const command = await listed.load();
  if (argv.includes("--help") || argv.includes("-h")) {
    console.log(helpText(listed, command));
    return exitCode.fine;
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: argv.map((argument) => withValue(command, argument)),
      options: withoutDefaults(command),
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    console.error(`portcullis ${name}: ${(error as Error).message}`);
    console.error(`\`portcullis ${name} --help\` lists the flags`);
    return exitCode.failed;
  }
  const { values, positionals } = parsed;
  const read = withEnvironment(name, command, values, process.env);
  if ("wrong" in read) {
    console.error(`portcullis ${name}: ${read.wrong}`);
    return exitCode.failed;
  }
  try {
    return await command.run({ flags: read.flags, positionals });
  } catch (error) {
    const { printError } = await import("./output.ts");
    printError(error);
    return exitCode.failed;
  }
}

/** A default would look as if it had been typed. */
function withoutDefaults({ flags }: Command): Readonly<Record<string, Flag>> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { default: _, ...flag }]) => [
      name,
      flag,
    ]),
  );
}

/**
 * A switch with its value, as OPA's may be given: `--fail=false` is `--no-fail`;
 * and a flag that may stand alone with the value that it then has.
 */
function withValue({ flags }: Command, argument: string): string {
  const [, alone = ""] = /^--([^=]+)$/.exec(argument) ?? [];
  const { optional } = flags[alone] ?? {};
  if (optional !== undefined) {
    return `${argument}=${optional}`;
  }
  const [, name = "", value] = /^--([^=]+)=(true|false)$/.exec(argument) ?? [];
  if (flags[name]?.type !== "boolean") {
    return argument;
  }
  return value === "true" ? `--${name}` : `--no-${name}`;
}

// What a shell says of a program that a closed pipe ended.
const pipeClosed = 141;

/** Who reads the output may stop before its end (`| head`): that is no fault. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") {
    throw error;
  }
  process.exit(pipeClosed);
}
