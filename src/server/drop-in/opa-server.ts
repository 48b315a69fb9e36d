import {
  type DestinationStream,
  destination,
  type Logger,
  pino,
  stdTimeFunctions,
} from "pino";
import { runtimeOf } from "../../builtins/index.ts";
import {
  createWorkshop,
  ownWorkshop,
  type Workshop,
} from "../../bundle/index.ts";
import {
  fromJs,
  type HostBuiltin,
  type NetworkPolicy,
  type PolicyError,
  RegoObject,
  toJson,
} from "../../engine/index.ts";
import {
  createStatusKeeper,
  type StatusKeeper,
} from "../activation/bundle-status.ts";
import {
  createStatusReporter,
  type StatusReporter,
} from "../activation/status-reporter.ts";
import { readGrpcMethods } from "../ext-authz/strict/grpc-body.ts";
import type { Listener } from "../listeners/listener.ts";
import type { OpaConfig } from "../opa-config/opa-config.ts";
import { activateBundle } from "./activate-bundle.ts";
import { type BundleFeed, createBundleFeed } from "./bundle-feed.ts";
import { createCheckListener } from "./check-listener.ts";
import { createCheckPlugin } from "./check-plugin.ts";
import { createConsoleSink } from "./decision-log/console-sink.ts";
import { createUploadSink } from "./decision-log/decision-log-upload.ts";
import {
  createDecisionLogger,
  type DecisionLogger,
} from "./decision-log/decision-logger.ts";
import { type Documents, replaceGiven } from "./documents.ts";
import { createOpaMetrics, type OpaMetrics } from "./opa-metrics.ts";
import { openPolicyStore, type PolicyStore } from "./policy-store.ts";
import type { ApiContext, HealthAsked } from "./rest/api.ts";
import { createRestListener, type RestOptions } from "./rest/rest-listener.ts";
import { createServiceClient, type ServiceClient } from "./service-client.ts";
import type { SnapshotOptions } from "./snapshot.ts";

/** OPA's levels of its log. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

export type OpaServerOptions = {
  readonly config: OpaConfig;
  /** What was given by name. */
  readonly documents: Documents;
  readonly listeners: readonly RestOptions[];
  readonly regoVersion: 0 | 1;
  readonly builtins: readonly HostBuiltin[];
  readonly network: NetworkPolicy;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the log of the server and of its decisions goes; standard error by default. */
  readonly log?: DestinationStream;
  /** The least of the server's own log that is written: `info` by default. Decisions are always. */
  readonly logLevel?: LogLevel | undefined;
};

/** A server with OPA's configuration, API and ext_authz plugin. */
export type OpaServer = {
  /** Starts the listeners, then fetches the bundles; gives the listeners' addresses. */
  start(): Promise<readonly string[]>;
  /** Replaces the documents that no bundle brought. */
  reload(documents: Documents): Promise<void>;
  close(graceMs: number): Promise<void>;
};

/** Builds the server; the documents must be sound. */
export async function createOpaServer(
  options: OpaServerOptions,
): Promise<OpaServer> {
  const stream = options.log ?? destination({ fd: 2, sync: true });
  const logger = createServerLog(stream, options.logLevel);
  for (const warning of options.config.warnings) {
    logger.warn(warning);
  }
  const store = await openPolicyStore(
    options.documents,
    snapshotOptions(options, logger),
  );
  return new DropInServer(options, { store, stream, logger });
}

/** One line of JSON an event, with OPA's members. */
function createServerLog(
  stream: DestinationStream,
  level: LogLevel = "info",
): Logger {
  return pino(
    {
      base: null,
      level,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
    },
    stream,
  );
}

const noPlugin = { kind: "path", path: "envoy/authz/allow" } as const;

function snapshotOptions(
  { builtins, config, environment, network, regoVersion }: OpaServerOptions,
  logger: Logger,
): SnapshotOptions {
  const runtime = RegoObject.of([
    ...runtimeOf(environment).entries,
    ["config", fromJs(config.shown)],
    ["id", config.labels["id"] ?? ""],
  ]);
  return {
    fixed: {
      check: config.checkPlugin?.decision ?? noPlugin,
      mask: config.decisionLogs?.maskDecision ?? "/system/log/mask",
      drop: config.decisionLogs?.dropDecision ?? "/system/log/drop",
      authorization: config.authorizationDecision,
    },
    regoVersion,
    builtins,
    surroundings: { network, runtime },
    onPrint: (line) => logger.info(line),
  };
}

type Parts = {
  readonly store: PolicyStore;
  readonly stream: DestinationStream;
  readonly logger: Logger;
};

class DropInServer implements OpaServer {
  readonly #options: OpaServerOptions;
  readonly #store: PolicyStore;
  readonly #logger: Logger;
  readonly #decisions: DecisionLogger | undefined;
  readonly #status: StatusReporter | undefined;
  readonly #feeds: readonly BundleFeed[];
  readonly #bundles: ReadonlyMap<string, StatusKeeper>;
  readonly #active = new Set<string>();
  readonly #listeners: readonly Listener[];
  /** What no bundle brought, as it was given last. */
  #given: Documents;
  /** The thread that compiles what comes while requests go on. */
  readonly #workshop = createWorkshop();

  constructor(options: OpaServerOptions, { logger, store, stream }: Parts) {
    const { config } = options;
    const clients = new Map(
      [...config.services].map(([name, service]) => [
        name,
        createServiceClient(service),
      ]),
    );
    const clientOf = (name: string | undefined) =>
      name === undefined ? undefined : clients.get(name);
    this.#options = options;
    this.#given = options.documents;
    this.#store = store;
    this.#logger = logger;
    this.#decisions = createLogger(config, { clientOf, logger, stream });
    this.#status =
      config.status &&
      createReporter(config, {
        logger,
        stream: config.status.console ? stream : undefined,
        service: clientOf(config.status.service),
      });
    this.#bundles = new Map(
      [...config.bundles.keys()].map((name) => [
        name,
        createStatusKeeper(name),
      ]),
    );
    this.#feeds = [...config.bundles].map(([name, bundle]) =>
      createBundleFeed({
        name,
        config: bundle,
        keys: config.keys,
        service: clientOf(bundle.service),
        activate: (_, read, from) => this.#activate(name, read, from),
        onDiskFault: (_, { message }) =>
          logger.error(
            { name, plugin: "bundle", error: message },
            "The bundle's copy on disk failed",
          ),
        onFetched: (_, failure) => this.#fetched(name, failure),
      }),
    );
    this.#listeners = this.#createListeners();
  }

  async start(): Promise<readonly string[]> {
    const addresses: string[] = [];
    try {
      for (const listener of this.#listeners) {
        addresses.push(await listener.start());
      }
    } catch (error) {
      await this.close(0);
      throw error;
    }
    await this.#restore();
    await Promise.all(this.#feeds.map((feed) => feed.start()));
    return addresses;
  }

  /** What was kept of the bundles, again and again while one more goes: they may need each other. */
  async #restore(): Promise<void> {
    let waiting = this.#feeds;
    let before: number;
    do {
      before = waiting.length;
      const failed: BundleFeed[] = [];
      for (const feed of waiting) {
        if (!(await feed.restore())) {
          failed.push(feed);
        }
      }
      waiting = failed;
    } while (waiting.length > 0 && waiting.length < before);
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all([
      ...this.#feeds.map((feed) => feed.close()),
      ...this.#listeners.map((listener) => listener.close(graceMs)),
    ]);
    await this.#decisions?.close();
    await this.#status?.close();
    await this.#workshop.close();
  }

  /** Before every bundle is there nobody is answered that could wait. */
  #workshopForBundle(): Workshop {
    return this.#active.size < this.#bundles.size
      ? ownWorkshop
      : this.#workshop;
  }

  async reload(given: Documents): Promise<void> {
    await this.#store.change(
      (documents) =>
        replaceGiven(documents, {
          before: this.#given,
          given,
          fetched: new Set(this.#bundles.keys()),
        }),
      this.#workshop,
    );
    this.#given = given;
  }

  async #activate(
    name: string,
    bundle: Parameters<typeof activateBundle>[2],
    from: "service" | "disk",
  ): Promise<void> {
    if (from === "service") {
      const kind = bundle.patch ? "delta" : "snapshot";
      this.#bundles.get(name)?.downloaded(kind);
    }
    await this.#store.change(
      (documents) => activateBundle(documents, name, bundle),
      this.#workshopForBundle(),
    );
    this.#active.add(name);
    this.#bundles.get(name)?.activated(bundle.manifest.revision);
    this.#logger.info(
      { name, plugin: "bundle", revision: bundle.manifest.revision },
      "Bundle loaded and activated successfully.",
    );
  }

  #fetched(name: string, failure: PolicyError | undefined): void {
    const keeper = this.#bundles.get(name);
    keeper?.requested(failure === undefined);
    if (failure) {
      keeper?.failed("download", failure);
      this.#logger.error(
        { name, plugin: "bundle", error: failure.message },
        "Bundle load failed",
      );
    }
    this.#status?.report(this.#statuses());
  }

  #statuses() {
    return Object.fromEntries(
      [...this.#bundles].map(([name, { status }]) => [name, status]),
    );
  }

  #createListeners(): readonly Listener[] {
    const { checkPlugin } = this.#options.config;
    const metrics = createOpaMetrics(checkPlugin);
    const context = this.#context(metrics);
    const rest = this.#options.listeners.map((one) =>
      createRestListener(one, context),
    );
    if (checkPlugin === undefined) {
      return rest;
    }
    const { decision, dryRun, protoDescriptor, skipBody } = checkPlugin;
    const check = createCheckPlugin({
      input: {
        skipBody,
        grpc:
          protoDescriptor === undefined
            ? undefined
            : readGrpcMethods(protoDescriptor),
      },
      dryRun,
      decision,
      current: () => this.#store.current,
      logger: this.#decisions,
      ndBuiltinCache: this.#options.config.ndBuiltinCache,
      observe: metrics.observeCheck,
      countError: metrics.countCheckError,
    });
    return [...rest, createCheckListener(checkPlugin, check)];
  }

  #context({ observeRequest, scrape }: OpaMetrics): ApiContext {
    const { config, regoVersion } = this.#options;
    const decisions = this.#decisions;
    return {
      store: this.#store,
      onError: (error) =>
        this.#logger.error({ error: error.message }, "a request failed"),
      defaultDecision: config.defaultDecision.replace(/^\/+/, ""),
      regoVersion,
      ndBuiltinCache: config.ndBuiltinCache,
      log: decisions && ((info, snapshot) => decisions.log(info, snapshot)),
      loggedHeaders: config.decisionLogs?.headers ?? [],
      config: toJson(fromJs(config.shown)),
      status: () =>
        this.#status &&
        JSON.stringify({ labels: config.labels, bundles: this.#statuses() }),
      health: (asked) => this.#health(asked),
      observe: observeRequest,
      scrape,
    };
  }

  #health({ bundles, excluded, plugins }: HealthAsked): string | undefined {
    const isReady = this.#active.size === this.#bundles.size;
    if (bundles && !isReady) {
      return "one or more bundles are not activated";
    }
    return plugins && !isReady && !excluded.includes("bundle")
      ? "one or more plugins are not up"
      : undefined;
  }
}

type LoggerParts = {
  readonly clientOf: (name: string | undefined) => ServiceClient | undefined;
  readonly logger: Logger;
  readonly stream: DestinationStream;
};

function createLogger(
  { decisionLogs, labels }: OpaConfig,
  { clientOf, logger, stream }: LoggerParts,
): DecisionLogger | undefined {
  if (decisionLogs === undefined) {
    return undefined;
  }
  const onError = (message: string) =>
    logger.error({ plugin: "decision_logs" }, message);
  const client = clientOf(decisionLogs.service);
  return createDecisionLogger({
    labels,
    onFailed: onError,
    sinks: [
      ...(decisionLogs.console ? [createConsoleSink(stream)] : []),
      ...(client
        ? [
            createUploadSink({
              reporting: decisionLogs.reporting,
              onError,
              send: (body) =>
                client.post(decisionLogs.resource, body, {
                  "Content-Encoding": "gzip",
                }),
            }),
          ]
        : []),
    ],
  });
}

/** Tells how the bundles are, as OPA's status plugin does. */
function createReporter(
  { labels }: OpaConfig,
  {
    logger,
    service,
    stream,
  }: {
    readonly logger: Logger;
    readonly stream: DestinationStream | undefined;
    readonly service: ServiceClient | undefined;
  },
): StatusReporter {
  return createStatusReporter({
    labels,
    log: (status) => stream?.write(`${statusLine(status)}\n`),
    send:
      service &&
      ((status) => service.post("status", Buffer.from(JSON.stringify(status)))),
    onError: ({ message }) => logger.error(`status update failed: ${message}`),
  });
}

function statusLine(status: object): string {
  return JSON.stringify({
    ...status,
    level: "info",
    msg: "Status Log",
    time: new Date().toISOString().replace(/\.\d+/, ""),
    type: "openpolicyagent.org/status",
  });
}
