import {
  type Arguments,
  type Command,
  exitCode,
  type Listed,
} from "../command.ts";
import { completions, shells } from "../completions.ts";

/** `portcullis completion`: a shell's completions of these commands, itself among them. */
export function completionOf(commands: readonly Listed[]): Command {
  return {
    usage: shells.join("|"),
    flags: {},
    run: async ({ positionals }: Arguments) => {
      const [given, ...more] = positionals;
      const shell = shells.find((one) => one === given);
      if (shell === undefined || more.length > 0) {
        console.error(
          `portcullis completion: give one shell: ${shells.join(", ")}`,
        );
        return exitCode.failed;
      }
      process.stdout.write(await completions(shell, commands));
      return exitCode.fine;
    },
  };
}
