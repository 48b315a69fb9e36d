import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grpcLoad } from "./grpc-load.ts";
import { httpLoad } from "./http-load.ts";
import { median, processCpuMicroseconds } from "./measure.ts";

/** CPU microseconds a request, median of rounds, of each server. */
export type ServerFigures = {
  readonly noopGrpc: number;
  readonly grpc: number;
  readonly http: number;
};

const rounds = 5;
/** How many requests a round has, and how many of them at a time. */
export const requests = 4_000;
export const parallel = 16;
// Fixed, so that a left-over process is noticed instead of measured.
const ports = { noop: 9291, grpc: 9391, http: 9392, admin: 9393 };

/** Starts the no-op server and ours, loads them in turn, and stops them. */
export async function measureServers(): Promise<ServerFigures> {
  const noop = await startNoop(ports.noop);
  const ours = startOurs();
  await untilReady(`http://127.0.0.1:${ports.admin}/readyz`);
  try {
    return await measure(noop.pid ?? 0, ours.pid ?? 0);
  } finally {
    noop.kill("SIGTERM");
    ours.kill("SIGTERM");
  }
}

/** The server that decodes every request and answers a constant. */
export async function startNoop(port: number): Promise<ChildProcess> {
  const noop = spawn(
    process.execPath,
    ["--import", "tsx", "tools/dev/bench/noop-grpc-server.ts", `${port}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(noop.stdout, "data");
  return noop;
}

async function measure(
  noopPid: number,
  oursPid: number,
): Promise<ServerFigures> {
  const sides = [
    { pid: noopPid, load: () => grpcLoad(ports.noop, requests, parallel) },
    { pid: oursPid, load: () => grpcLoad(ports.grpc, requests, parallel) },
    { pid: oursPid, load: () => httpLoad(ports.http, requests, parallel) },
  ];
  const [noopGrpc = 0, grpc = 0, http = 0] = await cpuPerRequest(sides);
  return { noopGrpc, grpc, http };
}

/** A server's process, and what sends it so many requests. */
type LoadedServer = {
  readonly pid: number;
  readonly load: () => Promise<void>;
};

/** CPU microseconds a request of each server in turn, the median of rounds. */
export async function cpuPerRequest(
  sides: readonly LoadedServer[],
): Promise<readonly number[]> {
  const figures: number[][] = sides.map(() => []);
  // The first round warms the compilers up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { pid, load }] of sides.entries()) {
      const before = processCpuMicroseconds(pid);
      await load();
      const used = processCpuMicroseconds(pid) - before;
      if (round > 0) {
        figures[index]?.push(used / requests);
      }
    }
  }
  return figures.map(median);
}

/** The shipped guards, all enforced, decision log to a file. */
function startOurs(): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  cpSync("guards", join(folder, "guards"), { recursive: true });
  cpSync("policies", join(folder, "policies"), { recursive: true });
  writeFileSync(
    join(folder, "policies/budget/data.yaml"),
    'rules: [{ name: calls, per: [subject], limit: 1000000000, window: "60s" }]\n',
  );
  writeFileSync(
    join(folder, "portcullis.yaml"),
    [
      `bundle: { source: ${folder} }`,
      `grpc: { listen: 127.0.0.1:${ports.grpc} }`,
      `http: { listen: 127.0.0.1:${ports.http} }`,
      `admin: { listen: 127.0.0.1:${ports.admin} }`,
      "",
    ].join("\n"),
  );
  const log = openSync(join(folder, "decisions.log"), "w");
  return spawn(
    process.execPath,
    [
      "dist/tools/bin/portcullis.js",
      "serve",
      "-c",
      join(folder, "portcullis.yaml"),
    ],
    { stdio: ["ignore", log, "inherit"] },
  );
}

/** Asks an address until it answers well. */
export async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      const answer = await fetch(url);
      if (answer.ok) {
        return;
      }
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server did not become ready in 10 s");
}
