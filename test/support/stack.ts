import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "./command-line.ts";
import { type EchoUpstream, startEchoUpstream } from "./echo-upstream.ts";
import { envoyBinary } from "./envoy-binary.ts";
import { fetchAnswer } from "./http-client.ts";
import { freePort, type Program, startProgram, waitFor } from "./process.ts";

/** Envoy, Portcullis and an upstream, all on loopback. */
export type Stack = {
  /** Envoy's address: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The admin listener of Portcullis. */
  readonly adminUrl: string;
  /** The served source folder; tests edit it. */
  readonly folder: string;
  readonly upstream: EchoUpstream;
  readonly envoy: Program;
  readonly portcullis: Program;
  close(): Promise<void>;
};

type StackOptions = {
  /** A file of examples/envoy. */
  readonly example: "grpc" | "http" | "mtls";
  /** Changes Envoy's configuration before the start. */
  readonly editEnvoy?: (yaml: string, folder: string) => string;
  /** Changes the source folder before the start. */
  readonly prepare?: (folder: string) => void | Promise<void>;
  /** More lines of portcullis.yaml. */
  readonly config?: string;
};

/** Starts all three with the shipped guards and the example configuration. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-e2e-"));
  cpSync("guards", join(folder, "guards"), { recursive: true });
  cpSync("policies", join(folder, "policies"), { recursive: true });
  await options.prepare?.(folder);
  const upstream = await startEchoUpstream();
  const [ingress, grpc, http, admin] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const portcullis = startPortcullis(folder, { grpc, http, admin }, options);
  const adminUrl = `http://127.0.0.1:${admin}`;
  await waitFor("portcullis", () => isReady(`${adminUrl}/readyz`, portcullis));
  const ports = new Map([
    ["10000", ingress],
    ["9191", grpc],
    ["9192", http],
    ["9000", upstream.port],
  ]);
  const envoy = startEnvoy(folder, ports, options);
  await waitFor("envoy", () =>
    envoy.output().includes("starting main dispatch loop"),
  );
  const scheme = options.example === "mtls" ? "https" : "http";
  return {
    url: `${scheme}://127.0.0.1:${ingress}`,
    adminUrl,
    folder,
    upstream,
    envoy,
    portcullis,
    close: async () => {
      await envoy.stop();
      await portcullis.stop();
      await upstream.close();
    },
  };
}

type Ports = {
  readonly grpc: number;
  readonly http: number;
  readonly admin: number;
};

function startPortcullis(
  folder: string,
  ports: Ports,
  { config = "" }: StackOptions,
): Program {
  const file = join(folder, "portcullis.yaml");
  const lines = [
    `bundle: { source: ${folder} }`,
    `grpc: { listen: 127.0.0.1:${ports.grpc} }`,
    `http: { listen: 127.0.0.1:${ports.http}, pathPrefix: /ext_authz }`,
    `admin: { listen: 127.0.0.1:${ports.admin} }`,
    config,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return startProgram(process.execPath, [
    commandLine,
    "serve",
    "--config",
    file,
  ]);
}

function startEnvoy(
  folder: string,
  ports: ReadonlyMap<string, number>,
  { example, editEnvoy }: StackOptions,
): Program {
  const text = readFileSync(`examples/envoy/${example}.yaml`, "utf8")
    .replace(
      /port_value: (\d+)/g,
      (_, port: string) => `port_value: ${ports.get(port) ?? port}`,
    )
    .replaceAll("CERTIFICATES", join(folder, "certificates"));
  const file = join(folder, "envoy.yaml");
  writeFileSync(file, editEnvoy ? editEnvoy(text, folder) : text);
  return startProgram(envoyBinary() ?? "envoy", [
    "--config-path",
    file,
    "--concurrency",
    "1",
    "--disable-hot-restart",
    "--log-level",
    "info",
  ]);
}

async function isReady(url: string, program: Program): Promise<boolean> {
  try {
    return (await fetchAnswer(url)).status === 200;
  } catch (error) {
    if (program.output().includes("_error:")) {
      throw new Error(program.output(), { cause: error });
    }
    return false;
  }
}
