import { readFileSync } from "node:fs";
import { type DestinationStream, destination, type Logger, pino } from "pino";
import {
  createBundleSource,
  createRevisionStore,
  type HostOptions,
  loadRevision,
  type RevisionStore,
} from "../bundle/index.ts";
import { allowOnly, type HostBuiltin, PolicyError } from "../engine/index.ts";
import { createAnnouncer } from "./activation/announce.ts";
import { listRevisions, readiness } from "./activation/readiness.ts";
import { watchStaleness } from "./activation/stale-watch.ts";
import {
  createStatusPost,
  createStatusReporter,
  type StatusReporter,
  statusLabels,
} from "./activation/status-reporter.ts";
import { type AdminSubject, createAdminListener } from "./admin/admin.ts";
import { createMetrics, type Metrics } from "./admin/metrics.ts";
import { createMemoryStore } from "./budget/memory-store.ts";
import type { BudgetStore } from "./budget/store.ts";
import type { Mark } from "./compare/comparing-checker.ts";
import { type Comparison, createComparison } from "./compare/comparison.ts";
import { checkOptions, type ServerConfig, type TlsConfig } from "./config.ts";
import {
  createDecisionLog,
  type DecisionLog,
} from "./decision-log/decision-log.ts";
import { type Checker, createChecker } from "./ext-authz/check.ts";
import { createGrpcListener, type GrpcListener } from "./listeners/grpc.ts";
import { createHttpListener } from "./listeners/http.ts";
import type { Listener } from "./listeners/listener.ts";
import { createModes, type Modes } from "./pipeline/modes.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import { createReloader, type Reloader } from "./reloader.ts";

/** The ext_authz server over one source of guards. */
export type Server = {
  /** Starts the listeners and the watching; gives each listener's address. */
  start(): Promise<Readonly<Record<string, string>>>;
  /** Takes no new checks, answers those under way, then stops. */
  close(): Promise<void>;
};

type Parts = {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly revisions: RevisionStore;
  readonly modes: Modes;
  readonly metrics: Metrics;
  readonly budget: BudgetStore;
  readonly decisionLog: DecisionLog;
  readonly reloader: Reloader;
  readonly reporter: StatusReporter;
};

type ServerOptions = {
  /** Where the server writes what happens to itself; standard error by default. */
  readonly log?: DestinationStream;
  /** What policies may call beside OPA's builtins. */
  readonly builtins?: readonly HostBuiltin[];
};

/** Loads the source, which must be sound, and builds the server around it. */
export async function createServer(
  config: ServerConfig,
  options: ServerOptions = {},
): Promise<Server> {
  const log = options.log ?? destination({ fd: 2, sync: true });
  const { builtins = [] } = options;
  const network = allowOnly(config.capabilities.allowNet);
  const host = { builtins, network };
  const parts = createParts(config, pino({ base: null }, log), host);
  await parts.reloader.load();
  const comparison = await createServerComparison(parts, host);
  return new ExtAuthzServer(parts, comparison);
}

function createParts(
  config: ServerConfig,
  logger: Logger,
  host: HostOptions,
): Parts {
  const revisions = createRevisionStore();
  const metrics = createMetrics(() => agesOf(reloader));
  const reporter = createStatusReporter({
    labels: statusLabels(),
    send: createStatusPost(config.status),
    log: (message) =>
      logger.info(
        { type: "openpolicyagent.org/status", ...message },
        "Status Log",
      ),
    onError: (error) =>
      logger.warn({ error: error.message }, "the status could not be posted"),
  });
  const reloader = createReloader({
    config,
    revisions,
    host,
    listener: createAnnouncer({ logger, metrics, reporter }),
  });
  return {
    config,
    logger,
    revisions,
    metrics,
    reporter,
    reloader,
    modes: createModes(config.pipeline),
    budget: createMemoryStore(config.budget),
    decisionLog: createDecisionLog({
      ...config.decisionLog,
      onError: (error) => {
        metrics.logFailed();
        logger.error({ error: error.message }, "the decision log failed");
      },
    }),
  };
}

function agesOf({ bundles }: Reloader): ReadonlyMap<string, number> {
  return new Map(bundles.map(({ freshness, name }) => [name, freshness.ageMs]));
}

class ExtAuthzServer implements Server {
  readonly #parts: Parts;
  readonly #grpc: GrpcListener | undefined;
  /** By name, in the order of their start. */
  readonly #listeners: ReadonlyMap<string, Listener>;
  readonly #comparison: Comparison | undefined;
  #isServing = false;
  #endStaleWatch = () => {};

  constructor(parts: Parts, comparison: Comparison | undefined) {
    this.#parts = parts;
    this.#comparison = comparison;
    const { config } = parts;
    const checker = comparison?.checker ?? createServerChecker(parts);
    this.#grpc = isOff(config.grpc)
      ? undefined
      : createGrpcListener({
          ...config.grpc,
          tls: readTls(config.grpc.tls),
          onFailure: config.onFailure,
          checker,
        });
    const listeners = {
      admin: isOff(config.admin)
        ? undefined
        : createAdminListener(config.admin, this.#adminSubject()),
      grpc: this.#grpc,
      http: isOff(config.http)
        ? undefined
        : createHttpListener({
            ...config.http,
            tls: readTls(config.http.tls),
            checker,
          }),
    };
    this.#listeners = new Map(
      Object.entries(listeners).filter(
        (entry): entry is [string, Listener] => entry[1] !== undefined,
      ),
    );
  }

  async start(): Promise<Readonly<Record<string, string>>> {
    const addresses: Record<string, string> = {};
    try {
      for (const [name, listener] of this.#listeners) {
        addresses[name] = await listener.start();
      }
      await this.#parts.reloader.watch();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#isServing = true;
    this.#watchStaleness();
    return addresses;
  }

  async close(): Promise<void> {
    const { reloader, reporter, decisionLog, budget, config } = this.#parts;
    // /readyz first, so that a load balancer looks elsewhere.
    this.#isServing = false;
    this.#endStaleWatch();
    const { admin, ...checking } = Object.fromEntries(this.#listeners);
    await Promise.all([
      reloader.close(),
      ...Object.values(checking).map((one) => one.close(config.drainMs)),
    ]);
    await this.#comparison?.close();
    await admin?.close(0);
    await budget.close();
    await decisionLog.close();
    await reporter.close();
  }

  #watchStaleness(): void {
    const { logger, reloader } = this.#parts;
    const tellHealth = () =>
      this.#grpc?.setServing(reloader.refusal === undefined);
    tellHealth();
    this.#endStaleWatch = watchStaleness(
      reloader.bundles,
      ({ config, name }, isStale) => {
        const { maxStaleness, onStale } = config;
        logger[isStale ? "error" : "info"](
          { bundle: name, maxStaleness, onStale },
          isStale ? "the bundle is stale" : "the bundle is current again",
        );
        tellHealth();
      },
    );
  }

  #adminSubject(): AdminSubject {
    const { metrics, modes, revisions, reloader } = this.#parts;
    return {
      metrics,
      status: () => readiness(reloader, this.#isServing),
      revisions: () => listRevisions(reloader.history),
      rollBack: (to) => reloader.rollBack(to),
      rolledBack: () => reloader.history.rolledBack,
      undoRollback: () => reloader.undoRollback(),
      modes: () =>
        Object.fromEntries(
          (revisions.current?.pipeline ?? []).map((step) => [
            step.guard,
            modes.of(step),
          ]),
        ),
      setMode: modes.set,
      compared: () => this.#comparison?.report(),
    };
  }
}

async function createServerComparison(
  parts: Parts,
  host: HostOptions,
): Promise<Comparison | undefined> {
  const { config, metrics } = parts;
  return (
    config.compare &&
    createComparison({
      config,
      settings: config.compare,
      createNative: (mark) => createServerChecker(parts, mark),
      listener: metrics.comparison,
      loadReference: async (address) => {
        const bundle = { ...config.bundle, source: address };
        const { source } = await createBundleSource(bundle).load();
        return loadRevision(source, host);
      },
    })
  );
}

function createServerChecker(
  parts: Parts,
  mark: Mark = (record) => record,
): Checker {
  const { config, metrics, decisionLog, reloader } = parts;
  return createChecker({
    pipeline: createPipeline({ ...parts, refusal: () => reloader.refusal }),
    options: checkOptions(config),
    record: (found) => {
      const record = mark(found);
      metrics.observe(record);
      decisionLog.write(record);
      reloader.note(record.outcome);
    },
  });
}

function isOff({ listen }: { readonly listen: string }): boolean {
  return listen === "off";
}

function readTls(tls: TlsConfig | undefined) {
  return tls
    ? {
        cert: readPem(tls.cert),
        key: readPem(tls.key),
        clientCa:
          tls.clientCa === undefined ? undefined : readPem(tls.clientCa),
      }
    : undefined;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new PolicyError(
      "server_config_error",
      `the TLS file \`${file}\` cannot be read`,
      { cause: error },
    );
  }
}
