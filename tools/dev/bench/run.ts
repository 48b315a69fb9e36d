import { spawnSync } from "node:child_process";

/** What a command prints; throws with its complaint when it fails. */
export function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  if (status !== 0) {
    throw new Error(`${command} ${args[0]}: ${stderr}`);
  }
  return stdout;
}
