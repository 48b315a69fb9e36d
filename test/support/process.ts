import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A started program whose output is kept. */
export type Program = {
  readonly pid: number;
  /** Everything printed on stdout and stderr. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM and waits for the exit code. */
  stop(): Promise<number | null>;
};

/** Starts a program; the caller stops it. */
export function startProgram(
  command: string,
  args: readonly string[],
): Program {
  const child = spawn(command, [...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return {
    pid: child.pid ?? -1,
    output: () => text,
    signal: (name) => {
      child.kill(name);
    },
    stop: () => stopChild(child),
  };
}

async function stopChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return child.exitCode;
  }
  // A stopped (SIGSTOP) process must run to see its SIGTERM.
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await once(child, "exit");
  clearTimeout(force);
  return child.exitCode;
}

/**
 * A TCP port on loopback that was free a moment ago. Below those that systems
 * give to connections, so that no other test's connection takes it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const outcome = await new Promise<"free" | "taken">((resolve) => {
      server.once("error", () => resolve("taken"));
      server.listen(port, "127.0.0.1", () => resolve("free"));
    });
    if (outcome === "free") {
      server.close();
      await once(server, "close");
      return port;
    }
  }
  throw new Error("no free port found");
}

/** Tries until `ready` is true; fails after `milliseconds`. */
export async function waitFor(
  what: string,
  ready: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await ready()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`timed out waiting for ${what}`);
}
