import type { ParseArgsConfig } from "node:util";

/** Exit codes: fine, the tool failed or was used wrongly, the policy is wrong. */
export const exitCode = { fine: 0, failed: 1, policy: 2 } as const;

type OptionConfig = NonNullable<ParseArgsConfig["options"]>[string];

/** A flag as `parseArgs` takes it, with its line of help. */
export type Flag = OptionConfig & {
  readonly help: string;
  /** Shown after the flag in the help text: `FILE`. */
  readonly argument?: string;
  /** What the flag alone stands for; another value is then given as `--flag=VALUE`. */
  readonly optional?: string;
};

/** What the user typed after the command's name. */
export type Arguments = {
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly positionals: readonly string[];
};

type FlagValue = string | boolean | readonly (string | boolean)[] | undefined;

/** One sub-command of `portcullis`. */
export type Command = {
  /** The positional arguments: `PATH...`. */
  readonly usage: string;
  /** What docs/cli.md says beside the flags, a paragraph an item. */
  readonly notes?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Returns the exit code. */
  run(args: Arguments): Promise<number>;
};

/** A sub-command, loaded when it is asked for: each start pays for one only. */
export type Listed = {
  readonly name: string;
  /** One line for `portcullis help`. */
  readonly summary: string;
  load(): Promise<Command>;
};

/** The value of a flag that takes one text. */
export function textFlag(args: Arguments, name: string): string | undefined {
  const value = args.flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of a flag that may be given several times, several in one with commas between. */
export function listFlag(args: Arguments, name: string): readonly string[] {
  return textFlags(args, name).flatMap((text) => text.split(","));
}

/** What is wrong with a flag that takes one of some names. */
export function notOneOf(
  flag: string,
  given: string,
  names: readonly string[],
): string {
  return `--${flag} cannot be \`${given}\`; it is one of ${names.join(", ")}`;
}

/** The values of a flag that may be given several times. */
export function textFlags(args: Arguments, name: string): readonly string[] {
  const value = args.flags[name];
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}
