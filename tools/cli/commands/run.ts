import type { SecureVersion } from "node:tls";
import type { Documents } from "../../../src/server/index.ts";
import {
  createOpaServer,
  type LogLevel,
  logLevels,
  noDocuments,
  type OpaServer,
  type RestOptions,
  readOpaConfig,
} from "../../../src/server/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { followPaths } from "../follow-paths.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "../load-bundles.ts";
import { loadPaths, mergeLoaded } from "../load-paths.ts";
import { terminated } from "../terminated.ts";

/** What flags of names may be. */
const choices = {
  authentication: ["off", "token", "tls"],
  authorization: ["off", "basic"],
  "log-format": ["json"],
  "log-level": logLevels,
} as const;

const tlsVersions = ["1.0", "1.1", "1.2", "1.3"];

/** `portcullis run --server`: a server with OPA's configuration, API and ext_authz plugin. */
export const run: Command = {
  usage: "[PATH...]",
  flags: {
    addr: {
      type: "string",
      short: "a",
      multiple: true,
      argument: "ADDR",
      help: "where the API listens: host:port or unix://PATH (localhost:8181); may repeat",
    },
    authentication: {
      type: "string",
      argument: "SCHEME",
      help: "token, tls or off (off): how clients of the API are told apart",
    },
    authorization: {
      type: "string",
      argument: "SCHEME",
      help: "basic or off (off): basic asks data.system.authz.allow about each request",
    },
    builtins: builtinsFlag,
    bundle: {
      type: "boolean",
      short: "b",
      help: "read the paths as bundles",
    },
    "config-file": {
      type: "string",
      short: "c",
      argument: "FILE",
      help: "OPA's configuration, YAML or JSON",
    },
    "diagnostic-addr": {
      type: "string",
      multiple: true,
      argument: "ADDR",
      help: "where only /health and /metrics are answered; may repeat",
    },
    "disable-telemetry": {
      type: "boolean",
      help: "accepted for compatibility: there is no telemetry",
    },
    ignore: {
      type: "string",
      multiple: true,
      argument: "GLOB",
      help: "file and folder names to leave out; may repeat",
    },
    "log-format": {
      type: "string",
      argument: "FORMAT",
      help: "json, the only format of the server's log",
    },
    "log-level": {
      type: "string",
      short: "l",
      argument: "LEVEL",
      help: "debug, info, warn or error (info): the least that the server's log has; decisions are always logged",
    },
    "min-tls-version": {
      type: "string",
      argument: "VERSION",
      help: "1.0, 1.1, 1.2 or 1.3 (1.2)",
    },
    server: {
      type: "boolean",
      short: "s",
      help: "start the server; there is no other mode",
    },
    set: {
      type: "string",
      multiple: true,
      argument: "KEY=VALUE",
      help: "override the configuration: a.b=1,c[0]=x; may repeat",
    },
    "set-file": {
      type: "string",
      multiple: true,
      argument: "KEY=FILE",
      help: "the same, with the value in a file; may repeat",
    },
    "shutdown-grace-period": {
      type: "string",
      argument: "SECONDS",
      help: "how long requests under way may take when the server stops (10)",
    },
    "skip-version-check": {
      type: "boolean",
      help: "accepted for compatibility: no version is asked for",
    },
    "tls-ca-cert-file": {
      type: "string",
      argument: "FILE",
      help: "PEM of the authority of clients' certificates",
    },
    "tls-cert-file": {
      type: "string",
      argument: "FILE",
      help: "PEM of the API's certificate",
    },
    "tls-private-key-file": {
      type: "string",
      argument: "FILE",
      help: "PEM of its key",
    },
    "unix-socket-perm": {
      type: "string",
      argument: "MODE",
      help: "permissions of a Unix socket, octal (755)",
    },
    "v0-compatible": { type: "boolean", help: "read Rego as version 0" },
    "v1-compatible": {
      type: "boolean",
      help: "read Rego as version 1, the default",
    },
    watch: {
      type: "boolean",
      short: "w",
      help: "load the paths again when a file changes",
    },
  },
  run: async (args: Arguments) => {
    const wrong = wrongUse(args);
    if (wrong !== undefined) {
      console.error(`portcullis run: ${wrong}`);
      return exitCode.failed;
    }
    const server = await createOpaServer({
      config: readOpaConfig({
        file: textFlag(args, "config-file"),
        set: textFlags(args, "set"),
        setFile: textFlags(args, "set-file"),
        environment: process.env,
      }),
      documents: await load(args),
      listeners: listeners(args),
      regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
      builtins: await loadBuiltins(args),
      // As OPA: policies may reach any host.
      network: { allows: () => true },
      environment: process.env,
      logLevel: textFlag(args, "log-level") as LogLevel | undefined,
    });
    for (const address of await server.start()) {
      console.error(`portcullis: listening on ${address}`);
    }
    const watcher =
      args.flags["watch"] === true ? follow(server, args) : undefined;
    await terminated();
    await watcher?.close();
    await server.close(
      Number(textFlag(args, "shutdown-grace-period") ?? 10) * 1_000,
    );
    return exitCode.fine;
  },
};

function wrongUse(args: Arguments): string | undefined {
  if (args.flags["server"] !== true) {
    return "give --server: there is no shell here";
  }
  for (const [flag, names] of Object.entries(choices)) {
    const given = textFlag(args, flag);
    if (given !== undefined && !names.some((name) => name === given)) {
      return notOneOf(flag, given, names);
    }
  }
  const version = textFlag(args, "min-tls-version");
  if (version !== undefined && !tlsVersions.includes(version)) {
    return notOneOf("min-tls-version", version, tlsVersions);
  }
  const pair = ["tls-cert-file", "tls-private-key-file"].map((flag) =>
    textFlag(args, flag),
  );
  if (pair.filter((file) => file !== undefined).length === 1) {
    return "give --tls-cert-file and --tls-private-key-file together";
  }
  if (textFlag(args, "authentication") === "tls" && pair[0] === undefined) {
    return "--authentication=tls needs --tls-cert-file and --tls-private-key-file";
  }
  const grace = textFlag(args, "shutdown-grace-period");
  return grace !== undefined && !/^\d+$/.test(grace)
    ? `--shutdown-grace-period cannot be \`${grace}\`: give whole seconds`
    : undefined;
}

function listeners(args: Arguments): readonly RestOptions[] {
  const cert = textFlag(args, "tls-cert-file");
  const key = textFlag(args, "tls-private-key-file");
  const version = textFlag(args, "min-tls-version") ?? "1.2";
  const shared = {
    authentication: (textFlag(args, "authentication") ??
      "off") as RestOptions["authentication"],
    authorization: (textFlag(args, "authorization") ??
      "off") as RestOptions["authorization"],
    tls:
      cert === undefined || key === undefined
        ? undefined
        : {
            cert,
            key,
            ca: textFlag(args, "tls-ca-cert-file"),
            minVersion: `TLSv${version.replace("1.0", "1")}` as SecureVersion,
          },
    unixSocketPerm: textFlag(args, "unix-socket-perm") ?? "755",
  };
  const given = listFlag(args, "addr");
  const addresses = given.length > 0 ? given : ["localhost:8181"];
  return [
    ...addresses.map((addr) => ({ ...shared, addr, isDiagnostic: false })),
    ...listFlag(args, "diagnostic-addr").map((addr) => ({
      ...shared,
      addr,
      isDiagnostic: true,
    })),
  ];
}

async function load(args: Arguments): Promise<Documents> {
  const ignore = listFlag(args, "ignore");
  if (args.flags["bundle"] !== true) {
    const { data, modules } = loadPaths(args.positionals, { ignore });
    return { ...noDocuments, data, modules };
  }
  const bundles = await readBundles(args.positionals, ignore);
  checkActivation(bundles);
  const { data, modules, regoVersions = {} } = mergeLoaded(loadedOf(bundles));
  const active = bundles.map(
    ([path, { manifest }]) => [path, manifest] as const,
  );
  return { data, modules, regoVersions, bundles: new Map(active) };
}

function follow(server: OpaServer, args: Arguments) {
  return followPaths(args.positionals, async () => {
    try {
      await server.reload(await load(args));
    } catch (error) {
      console.error(
        `portcullis: the reload failed: ${(error as Error).message}`,
      );
    }
  });
}
