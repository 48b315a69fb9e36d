import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { SideName, Workload } from "../workloads/workload.ts";
import { encodeInput } from "./in-process.ts";
import type { Side } from "./side.ts";

/** A peer in another language: a small program of ours around its library. */
export type Driver = {
  readonly name: SideName;
  readonly binary: string;
  readonly build: {
    readonly command: string;
    readonly args: readonly string[];
    readonly folder: string;
  };
};

const cache = resolve(".cache/bench");

/** Genuine OPA in Go. */
export const opaDriver: Driver = {
  name: "opa",
  binary: join(cache, "opa-go"),
  build: {
    command: "go",
    args: ["build", "-o", join(cache, "opa-go"), "."],
    folder: "tools/dev/bench/opa-go",
  },
};

/** regorus in Rust. */
export const regorusDriver: Driver = {
  name: "regorus",
  binary: join(cache, "regorus/release/regorus-bench"),
  build: {
    command: "cargo",
    args: [
      "build",
      "--release",
      "--locked",
      "--target-dir",
      join(cache, "regorus"),
    ],
    folder: "tools/dev/bench/regorus",
  },
};

/** Builds the driver unless it is there; false where its tools are missing. */
export function isBuilt({ binary, build }: Driver): boolean {
  if (existsSync(binary)) {
    return true;
  }
  const { status } = spawnSync(build.command, [...build.args], {
    cwd: build.folder,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 900_000,
  });
  return status === 0 && existsSync(binary);
}

/** Starts the driver on a workload; throws when the library refuses it. */
export async function startDriver(
  driver: Driver,
  workload: Workload,
): Promise<Side & { readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const place = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const child = spawn(
    driver.binary,
    [
      place("policy.rego", workload.policy),
      place("data.json", JSON.stringify(workload.data ?? {})),
      place("input.json", encodeInput(workload)),
    ],
    { stdio: "pipe" },
  );
  const complaints: string[] = [];
  child.stderr.on("data", (text: Buffer) => complaints.push(text.toString()));
  const lines = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const answer = await lines.next();
  if (answer.done) {
    const complaint = complaints.join("").trim().split("\n").at(-1);
    throw new Error(`${driver.name}: ${complaint}`);
  }
  return {
    name: driver.name,
    pid: child.pid as number,
    answer: JSON.parse(answer.value),
    measure: async (milliseconds) => {
      child.stdin.write(`${milliseconds}\n`);
      return Number((await lines.next()).value);
    },
    close: () => child.stdin.end(),
  };
}
