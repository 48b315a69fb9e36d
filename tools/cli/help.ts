import type { Command, Listed } from "./command.ts";
import { commands } from "./commands.ts";

/** What `portcullis help` prints. */
export function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(
    ({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return [
    "portcullis: Rego guards, compiled to WebAssembly, for everything behind Envoy",
    "",
    "usage: portcullis COMMAND [FLAGS] [ARGUMENTS]",
    "",
    ...lines,
    "",
    "`portcullis COMMAND --help` explains one.",
  ].join("\n");
}

/** What `portcullis COMMAND --help` prints. */
export function helpText(listed: Listed, command: Command): string {
  const rows = flagRows(command);
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return [
    listed.summary,
    "",
    `usage: ${usageOf(listed, command)}`,
    "",
    ...rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`),
  ].join("\n");
}

function usageOf({ name }: Listed, { usage }: Command): string {
  return `portcullis ${name} [FLAGS] ${usage}`.trimEnd();
}

function flagRows({ flags }: Command): readonly (readonly [string, string])[] {
  return Object.entries(flags).map(([flag, described]) => {
    const { argument, help, optional, short } = described;
    const names =
      short === undefined ? `    --${flag}` : `-${short}, --${flag}`;
    const value = optional === undefined ? ` ${argument}` : `[=${argument}]`;
    return [argument === undefined ? names : `${names}${value}`, help];
  });
}

/** The commands with what each takes, as docs/cli.md has them. */
export async function manual(): Promise<string> {
  const pages = await Promise.all(
    commands.map(async (listed) => manualPage(listed, await listed.load())),
  );
  return [
    "# The command line",
    "",
    "Made from the commands' own tables by `npm run cli-docs`; `portcullis COMMAND --help` prints the same.",
    "",
    "Exit codes: 0 fine, 1 the tool failed or was used wrongly, 2 the policy is wrong; where OPA's command has other codes, OPA's.",
    "A switch may be given as `--name`, `--name=true`, `--name=false` or `--no-name`.",
    "A flag may come from the environment, as OPA takes them: `OPA_EVAL_FORMAT=pretty` is `--format pretty` of `eval`; what is typed counts more.",
    "`portcullis completion bash`, `zsh` or `fish` prints completions for a shell.",
    "",
    ...pages,
  ].join("\n");
}

function manualPage(listed: Listed, command: Command): string {
  const rows = flagRows(command).map(
    ([left, help]) =>
      `| ${left
        .trim()
        .split(", ")
        .map((name) => `\`${name}\``)
        .join(", ")} | ${help.replaceAll("|", "\\|")} |`,
  );
  return [
    `## ${listed.name}`,
    "",
    `${listed.summary[0]?.toUpperCase()}${listed.summary.slice(1)}.`,
    "",
    "```",
    usageOf(listed, command),
    "```",
    ...(command.notes ?? []).flatMap((note) => ["", note]),
    "",
    ...(rows.length > 0 ? ["| flag | |", "|---|---|", ...rows, ""] : []),
  ].join("\n");
}
