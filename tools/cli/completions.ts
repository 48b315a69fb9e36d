import type { Listed } from "./command.ts";

/** The shells that completions are written for. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

type Entry = {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly {
    readonly name: string;
    readonly short: string | undefined;
    readonly takesValue: boolean;
    readonly help: string;
  }[];
};

/** A script that completes commands, flags and files in a shell. */
export async function completions(
  shell: Shell,
  commands: readonly Listed[],
): Promise<string> {
  const entries = await Promise.all(
    commands.map(async ({ load, name, summary }): Promise<Entry> => {
      const { flags } = await load();
      return {
        name,
        summary,
        flags: Object.entries(flags).map(([flag, { help, short, type }]) => ({
          name: flag,
          short,
          takesValue: type === "string",
          help,
        })),
      };
    }),
  );
  return scripts[shell](entries);
}

const scripts: Readonly<Record<Shell, (entries: readonly Entry[]) => string>> =
  { bash, zsh, fish };

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(
    ({ flags, name }) =>
      `    ${name}) flags="${flags.map((flag) => `--${flag.name}`).join(" ")}" ;;`,
  );
  return `# bash completion of portcullis: source it, or put it into bash-completion's folder
_portcullis() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${entries.map(({ name }) => name).join(" ")} help" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags --help" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _portcullis portcullis
`;
}

function zsh(entries: readonly Entry[]): string {
  const list = entries.map(
    ({ name, summary }) => `    '${name}:${quoted(summary)}'`,
  );
  const cases = entries.map(({ flags, name }) => {
    const specs = flags.map(
      (flag) =>
        `      '--${flag.name}${flag.takesValue ? "=" : ""}[${quoted(flag.help).replace(/[[\]:]/g, " ")}]${flag.takesValue ? ":value:_files" : ""}'`,
    );
    const lines = [...specs, "      '*:file:_files'"].join(" \\\n");
    return `    ${name}) _arguments \\\n${lines} ;;`;
  });
  return `#compdef portcullis
# zsh completion of portcullis: put it as _portcullis into a folder of $fpath
_portcullis() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
_portcullis "$@"
`;
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ flags, name, summary }) => [
    `complete -c portcullis -f -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`,
    ...flags.map(
      (flag) =>
        `complete -c portcullis -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}${flag.short ? ` -s ${flag.short}` : ""}${flag.takesValue ? " -r" : ""} -d '${quoted(flag.help)}'`,
    ),
  ]);
  return `# fish completion of portcullis: put it into ~/.config/fish/completions\n${lines.join("\n")}\n`;
}

/** For single quotes in a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "’");
}
