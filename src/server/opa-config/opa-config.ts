import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parsePositionedYaml } from "../../bundle/index.ts";
import { opaVersion, PolicyError } from "../../engine/index.ts";
import {
  type CheckPluginConfig,
  readCheckPlugin,
} from "./check-plugin-config.ts";
import { substituteEnv } from "./config-text.ts";
import {
  type DecisionLogsConfig,
  readDecisionLogs,
} from "./decision-logs-config.ts";
import { Section } from "./section.ts";
import {
  type BundleConfig,
  type KeyConfig,
  readBundles,
  readKeys,
  readServices,
  type ServiceConfig,
} from "./services-config.ts";
import { mergeTrees, setValues, type Tree } from "./set-values.ts";

/** OPA's own configuration, as far as it means something here. */
export type OpaConfig = {
  readonly labels: Readonly<Record<string, string>>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly keys: ReadonlyMap<string, KeyConfig>;
  readonly bundles: ReadonlyMap<string, BundleConfig>;
  readonly decisionLogs: DecisionLogsConfig | undefined;
  readonly status: StatusConfig | undefined;
  readonly checkPlugin: CheckPluginConfig | undefined;
  readonly defaultDecision: string;
  readonly authorizationDecision: string;
  readonly ndBuiltinCache: boolean;
  /** What `/v1/config` shows: credentials and keys are left out. */
  readonly shown: Tree;
  /** Options that are not known, in OPA's words. */
  readonly warnings: readonly string[];
};

type StatusConfig = {
  readonly console: boolean;
  readonly service: string | undefined;
};

export type ConfigSource = {
  readonly file: string | undefined;
  /** `--set` and `--set-file`. */
  readonly set: readonly string[];
  readonly setFile: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** Reads a configuration file with its overrides; throws what is wrong with key, file and row. */
export function readOpaConfig(source: ConfigSource): OpaConfig {
  const { file, environment } = source;
  const text = file === undefined ? "" : substituteEnv(read(file), environment);
  const yaml = parsePositionedYaml(text, file ?? "the command line");
  const warnings: string[] = [];
  const origin = { yaml, warn: (message: string) => warnings.push(message) };
  const base = new Section(yaml.value, origin).value;
  const root = new Section(mergeTrees(base, readOverrides(source)), origin);
  return toConfig(root, warnings);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new PolicyError(
      "server_config_error",
      `open ${file}: no such file or directory`,
      { cause },
    );
  }
}

function readOverrides({ set, setFile, environment }: ConfigSource): Tree {
  const overrides: Tree = {};
  for (const text of set) {
    named("--set", () =>
      setValues(overrides, substituteEnv(text, environment)),
    );
  }
  for (const text of setFile) {
    named("--set-file", () =>
      setValues(overrides, text, (file) => read(file).trim()),
    );
  }
  return overrides;
}

function named(flag: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const { rawMessage } = PolicyError.from(cause);
    throw new PolicyError(
      "server_config_error",
      `failed parsing ${flag} data: ${rawMessage}`,
      { cause },
    );
  }
}

const unsupported = {
  discovery: "is not supported: give the configuration that it would fetch",
  bundle: "is not supported: it is deprecated; use `bundles`",
  distributed_tracing: "is not supported: no traces are sent",
  metrics_export: "is not supported: metrics are scraped at /metrics",
  storage: "is not supported: policies and data are held in memory",
};

function toConfig(root: Section, warnings: string[]): OpaConfig {
  root
    .refuse(unsupported)
    .known(
      ...Object.keys(unsupported),
      "services",
      "labels",
      "bundles",
      "decision_logs",
      "status",
      "plugins",
      "keys",
      "default_decision",
      "default_authorization_decision",
      "caching",
      "nd_builtin_cache",
      "persistence_directory",
      "server",
    );
  const services = readServices(root);
  const labels = {
    ...root.texts("labels"),
    id: randomUUID(),
    version: opaVersion,
  };
  const defaultDecision = root.text("default_decision") ?? "/system/main";
  const authorizationDecision =
    root.text("default_authorization_decision") ?? "/system/authz/allow";
  return {
    labels,
    services,
    keys: readKeys(root),
    bundles: readBundles(root, services),
    decisionLogs: readDecisionLogs(root, services),
    status: readStatus(root, services),
    checkPlugin: readPlugins(root),
    defaultDecision,
    authorizationDecision,
    ndBuiltinCache: root.flag("nd_builtin_cache") ?? false,
    shown: shown(root, {
      labels,
      default_decision: defaultDecision,
      default_authorization_decision: authorizationDecision,
    }),
    warnings,
  };
}

function readStatus(
  root: Section,
  services: ReadonlyMap<string, ServiceConfig>,
): StatusConfig | undefined {
  const section = root.section("status");
  if (section === undefined) {
    return undefined;
  }
  section
    .refuse({
      plugin: "is not supported: there are no plugins of that kind",
      prometheus: "is not supported: bundles are counted at /metrics",
    })
    .known("service", "partition_name", "console", "trigger", "plugin");
  const console = section.flag("console") ?? false;
  const service =
    section.text("service") ?? (console ? undefined : [...services.keys()][0]);
  if (service !== undefined && !services.has(service)) {
    throw section.fault(["service"], `names no service: \`${service}\``);
  }
  return { console, service };
}

const pluginName = "envoy_ext_authz_grpc";

function readPlugins(root: Section): CheckPluginConfig | undefined {
  const plugins = root.section("plugins");
  const other = plugins?.keys.find((name) => name !== pluginName);
  if (plugins && other !== undefined) {
    throw plugins.fault(
      [other],
      `is a plugin that there is not: only \`${pluginName}\` is`,
    );
  }
  const section = plugins?.section(pluginName);
  return section && readCheckPlugin(section);
}

function shown({ value }: Section, defaults: Tree): Tree {
  const all: Tree = { ...value, ...defaults };
  return {
    ...all,
    ...(all["services"] !== undefined && {
      services: without(all["services"], ["credentials"]),
    }),
    ...(all["keys"] !== undefined && {
      keys: without(all["keys"], ["key", "private_key"]),
    }),
  };
}

/** Objects of a list or an object, each without some members. */
function without(all: unknown, names: readonly string[]): unknown {
  const strip = (one: unknown): unknown =>
    one !== null && typeof one === "object"
      ? Object.fromEntries(
          Object.entries(one).filter(([name]) => !names.includes(name)),
        )
      : one;
  return Array.isArray(all)
    ? all.map(strip)
    : Object.fromEntries(
        Object.entries(all as object).map(([name, one]) => [name, strip(one)]),
      );
}
