import { spawnSync } from "node:child_process";
import {
  cpSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../../../test/support/process.ts";
import { opaBuildTime } from "./compiler.ts";
import { median, percentile } from "./measure.ts";
import { printFigure, printHeading, printRatio } from "./report.ts";
import { rules } from "./workloads/rules.ts";

/** How long a bundle takes into force. */
export function measureActivation(): Promise<void> {
  printHeading("activation", "a start without listeners, as a cold process");
  return inFolder(async (folder) => measureStarts(folder));
}

/** What checks notice of a large bundle. */
export function measureLargeData(): Promise<void> {
  printHeading("large-data", "checks while 100 MB of data come into force");
  return inFolder(loadLargeData);
}

async function inFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-activation-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const server = join(import.meta.dirname, "../../../dist/src/server/index.js");

// CPU milliseconds of one start without listeners, which is an activation.
const startProgramText = `
const { createServer, parseConfig } = await import(process.argv[1]);
const config = parseConfig(process.argv[2], "bench");
const before = process.cpuUsage();
const started = await createServer(config, { log: { write: () => {} } });
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
await started.close();
`;

function startOnce(source: string, cache?: string): number {
  const settings = JSON.stringify({
    bundle: { source },
    grpc: { listen: "off" },
    http: { listen: "off" },
    admin: { listen: "off" },
    decisionLog: { file: "off" },
    activation: { ...(cache !== undefined && { cacheFolder: cache }) },
  });
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", startProgramText, "--", server, settings],
    { encoding: "utf8" },
  );
  const milliseconds = Number(stdout);
  if (stdout === "" || Number.isNaN(milliseconds)) {
    throw new Error(`the server does not start: ${stderr}`);
  }
  return milliseconds;
}

function measureStarts(folder: string): void {
  const { policy } = rules(5_000);
  const rows = [
    {
      label: "the shipped bundle",
      source: ".",
      rounds: 5,
      atMost: 150,
      cached: 30,
    },
    {
      label: "5,000 rules",
      source: writeMany(join(folder, "many"), policy),
      rounds: 1,
      // As a cold process, which ours was too until its modules were loaded.
      atMost: opaBuildTime(policy) ?? 900,
      cached: 30,
    },
  ];
  for (const [
    row,
    { atMost, cached, label, rounds, source },
  ] of rows.entries()) {
    const cache = join(folder, `cache-${row}`);
    const times = (kept?: string) =>
      Array.from({ length: rounds }, () => startOnce(source, kept));
    printRatio(`${label}, CPU ms`, median(times()), { atMost });
    startOnce(source, cache);
    printRatio(`${label}, compiled before`, median(times(cache)), {
      atMost: cached,
    });
  }
}

/** A source with a guard over a policy. */
function writeMany(source: string, policy: string): string {
  const files = {
    "guards/pipeline.yaml": "pipeline: [{ guard: many }]\n",
    "guards/many/guard.rego":
      "package guards.many\n\nverdict if data.bench.result\n",
    "policies/bench.rego": policy,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  return source;
}

// What a person would see, in a process of its own: requests at a fixed rate.
const perSecond = 100;
const largeBytes = 100 * 1024 * 1024;
const patienceMs = 300_000;

async function loadLargeData(folder: string): Promise<void> {
  const source = join(folder, "large");
  cpSync("guards", join(source, "guards"), { recursive: true });
  cpSync("policies", join(source, "policies"), { recursive: true });
  const [http, admin] = [await freePort(), await freePort()];
  const config = join(folder, "large.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      bundle: { source },
      grpc: { listen: "off" },
      http: { listen: `127.0.0.1:${http}` },
      admin: { listen: `127.0.0.1:${admin}` },
      decisionLog: { file: "off" },
    }),
  );
  const program = startProgram(process.execPath, [
    "dist/tools/bin/portcullis.js",
    "serve",
    "--config",
    config,
  ]);
  try {
    await waitFor(
      "the server",
      async () => (await loads(admin)) === 1,
      patienceMs,
    );
    await compareLatencies(program, { source, http, admin });
  } finally {
    await program.stop();
  }
}

async function compareLatencies(
  program: Program,
  { admin, http, source }: { source: string; http: number; admin: number },
): Promise<void> {
  const load = startLoad(http);
  await delay(3_000);
  load.take();
  await delay(10_000);
  const before = load.take();
  await writeLarge(join(source, "policies/large"));
  load.take();
  await waitFor(
    "the activation",
    async () => (await loads(admin)) === 2,
    patienceMs,
  );
  const during = load.take();
  await load.end();
  const failed = before.failed + during.failed;
  printFigure("checks that failed", failed, "");
  printFigure(
    "100 MB of data, from the file to its force",
    during.seconds,
    "s",
  );
  printFigure("p99 of checks before", percentile(before.latencies, 0.99), "ms");
  printFigure(
    "p99 of checks meanwhile",
    percentile(during.latencies, 0.99),
    "ms",
  );
  printFigure("the longest before", percentile(before.latencies, 1), "ms");
  printFigure("the longest meanwhile", percentile(during.latencies, 1), "ms");
  printRatio(
    "p99 meanwhile ÷ before",
    percentile(during.latencies, 0.99) / percentile(before.latencies, 0.99),
    { atMost: 3 },
  );
  if (failed > 0) {
    console.log(program.output());
  }
}

async function writeLarge(folder: string): Promise<void> {
  mkdirSync(folder);
  const aside = join(folder, "data.json.part");
  const stream = createWriteStream(aside);
  stream.write('{"people":{"0":{}');
  for (let at = 1, bytes = 0; bytes < largeBytes; at += 1) {
    const entry = `,"person-${at}":{"team":"team-${at % 997}","roles":["reader","writer-${at % 31}"],"level":${at % 7},"active":true}`;
    bytes += entry.length;
    if (!stream.write(entry)) {
      await new Promise<void>((resolve) => {
        stream.once("drain", resolve);
      });
    }
  }
  stream.end("}}");
  await finished(stream);
  renameSync(aside, join(folder, "data.json"));
}

/** How many revisions the server has loaded; 0 before it answers. */
async function loads(admin: number): Promise<number> {
  try {
    const answer = await fetch(`http://127.0.0.1:${admin}/metrics`);
    const found = /^portcullis_reloads_total\{result="loaded"\} (\d+)$/m.exec(
      await answer.text(),
    );
    return Number(found?.[1] ?? 0);
  } catch {
    return 0;
  }
}

type Taken = {
  readonly latencies: readonly number[];
  readonly failed: number;
  readonly seconds: number;
};

/** Sends a check every so often, whether the one before was answered or not. */
function startLoad(port: number): {
  take(): Taken;
  end(): Promise<void>;
} {
  const agent = new Agent({ keepAlive: true });
  let latencies: number[] = [];
  let failed = 0;
  let since = performance.now();
  const send = (): void => {
    const start = performance.now();
    const outgoing = request(
      { port, host: "127.0.0.1", path: "/", agent },
      (answer) => {
        answer.resume();
        answer.once("end", () => latencies.push(performance.now() - start));
      },
    );
    outgoing.once("error", () => {
      failed += 1;
    });
    outgoing.end();
  };
  const timer = setInterval(send, 1_000 / perSecond);
  return {
    take: () => {
      const now = performance.now();
      const taken = { latencies, failed, seconds: (now - since) / 1_000 };
      latencies = [];
      failed = 0;
      since = now;
      return taken;
    },
    end: async () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}
