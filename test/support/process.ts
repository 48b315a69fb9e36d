import { type ChildProcess, spawn } from "node:child_process";
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

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return address.port;
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
