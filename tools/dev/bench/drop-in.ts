import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grpcLoad, steadyGrpcLoad } from "./grpc-load.ts";
import { median, percentile } from "./measure.ts";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import {
  cpuPerRequest,
  parallel,
  requests,
  startNoop,
  untilReady,
} from "./servers.ts";

const rounds = 5;
const perSecond = 1_500;
const steadySeconds = 4;
// Fixed, so that a left-over process is noticed instead of measured.
const ports = { noop: 9295, quiet: 9395, logging: 9396 };
const restPorts = { quiet: 9397, logging: 9398 };

const policy = `package envoy.authz

default allow := false

allow if {
	some role in data.subjects[session].roles
	some grant in data.grants[role]
	grant.method == http.method
	startswith(http.path, grant.prefix)
	not revoked
}

revoked if data.revoked[session]

http := input.attributes.request.http

session := http.headers["mcp-session-id"]
`;

/** A thousand subjects, of whom one sends the sample request. */
function roles(): string {
  const subjects = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, at) => [
      `subject-${at}`,
      { roles: ["reader", `team-${at % 40}`] },
    ]),
  );
  const sender = "5f2b6c1e-2b1c-4f3e-9d59-0b6b9d0f4d11";
  const grants = {
    reader: [{ method: "GET", prefix: "/" }],
    caller: [
      { method: "GET", prefix: "/" },
      { method: "POST", prefix: "/mcp" },
    ],
  };
  return JSON.stringify({
    subjects: { ...subjects, [sender]: { roles: ["reader", "caller"] } },
    grants,
    revoked: { "subject-7": true },
  });
}

/** `run --server` in the plugin's place, beside a server that only answers. */
export async function measureDropIn(): Promise<void> {
  printHeading("drop-in", "run --server as opa-envoy-plugin, RBAC, 2 kB");
  const noop = await startNoop(ports.noop);
  const quiet = startDropIn("quiet");
  const logging = startDropIn("logging");
  try {
    for (const port of Object.values(restPorts)) {
      await untilReady(`http://127.0.0.1:${port}/health?plugins`);
    }
    const sides = [
      { pid: noop.pid ?? 0, port: ports.noop },
      { pid: quiet.pid ?? 0, port: ports.quiet },
      { pid: logging.pid ?? 0, port: ports.logging },
    ];
    const [none, off, on] = await cpuPerRequest(
      sides.map(({ pid, port }) => ({
        pid,
        load: () => grpcLoad(port, requests, parallel),
      })),
    );
    printFigure("no-op grpc-js server", none, "µs");
    printFigure("drop-in", off, "µs");
    printFigure("drop-in, decision log to the console", on, "µs");
    printRatio("drop-in ÷ no-op", quotient(off, none), { atMost: 1.4 });
    printRatio("with decision log ÷ no-op", quotient(on, none), {
      atMost: 1.6,
    });
    const [low, high] = await slowestOfHundred(sides.slice(0, 2));
    printFigure(`no-op, p99 at ${perSecond}/s`, low, "ms");
    printFigure(`drop-in, p99 at ${perSecond}/s`, high, "ms");
    printRatio("p99 ÷ no-op's", quotient(high, low), { atMost: 1.7 });
  } finally {
    for (const one of [noop, quiet, logging]) {
      one.kill("SIGTERM");
    }
  }
}

type Side = { readonly pid: number; readonly port: number };

/** Milliseconds within which 99 of 100 checks were answered, the median of rounds. */
async function slowestOfHundred(
  sides: readonly Side[],
): Promise<readonly (number | undefined)[]> {
  const figures: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { port }] of sides.entries()) {
      const taken = await steadyGrpcLoad(port, perSecond, steadySeconds);
      figures[index]?.push(percentile(taken, 0.99));
    }
  }
  return figures.map(median);
}

function startDropIn(kind: keyof typeof restPorts): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  writeFileSync(join(folder, "policy.rego"), policy);
  writeFileSync(join(folder, "data.json"), roles());
  writeFileSync(
    join(folder, "opa.yaml"),
    [
      ...(kind === "logging" ? ["decision_logs: { console: true }"] : []),
      "plugins:",
      "  envoy_ext_authz_grpc:",
      `    addr: 127.0.0.1:${ports[kind]}`,
      "    path: envoy/authz/allow",
      "",
    ].join("\n"),
  );
  const log = openSync(join(folder, "log"), "w");
  return spawn(
    process.execPath,
    [
      ...["dist/tools/bin/portcullis.js", "run", "--server"],
      ...["--addr", `127.0.0.1:${restPorts[kind]}`],
      ...["--config-file", join(folder, "opa.yaml")],
      ...[join(folder, "policy.rego"), join(folder, "data.json")],
    ],
    { stdio: ["ignore", log, log] },
  );
}
