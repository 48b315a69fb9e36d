import {
  type Arguments,
  type Command,
  type Flag,
  notOneOf,
} from "./command.ts";

type Flags = Arguments["flags"];

// What Go reads as a truth value.
const yes = ["1", "t", "T", "TRUE", "true", "True"];
const no = ["0", "f", "F", "FALSE", "false", "False"];

/**
 * The flags of a command: what was typed, else what the environment gives, as
 * OPA takes it (`OPA_EVAL_PRETTY_LIMIT` is `--pretty-limit` of `eval`), else
 * the default.
 */
export function withEnvironment(
  command: string,
  { flags }: Pick<Command, "flags">,
  typed: Flags,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly flags: Flags } | { readonly wrong: string } {
  const found: Record<string, Flags[string]> = { ...typed };
  for (const [name, flag] of Object.entries(flags)) {
    const variable = `OPA_${command}_${name}`
      .toUpperCase()
      .replaceAll("-", "_");
    const text = environment[variable];
    if (typed[name] !== undefined) {
      continue;
    }
    if (text === undefined || text === "") {
      if (flag.default !== undefined) {
        found[name] = flag.default;
      }
      continue;
    }
    const value = flagValue(flag, text);
    if (value === undefined) {
      return {
        wrong: `${variable}: ${notOneOf(name, text, ["true", "false"])}`,
      };
    }
    found[name] = value;
  }
  return { flags: found };
}

/** The value that a text stands for; undefined where it is none of a switch. */
function flagValue({ type, multiple }: Flag, text: string): Flags[string] {
  if (type === "boolean") {
    return yes.includes(text) ? true : no.includes(text) ? false : undefined;
  }
  return multiple ? [text] : text;
}
