import type { Section } from "./section.ts";
import type { ServiceConfig } from "./services-config.ts";

/** Where decisions are logged, and how they are sent. */
export type DecisionLogsConfig = {
  readonly console: boolean;
  readonly service: string | undefined;
  /** The path below the service's address. */
  readonly resource: string;
  readonly maskDecision: string;
  readonly dropDecision: string;
  /** Headers of requests that are logged. */
  readonly headers: readonly string[];
  readonly reporting: ReportingConfig;
};

export type ReportingConfig = {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Of one upload, compressed. */
  readonly uploadLimitBytes: number;
  /** Of the events that wait; 0 is no limit. */
  readonly bufferLimitBytes: number;
  readonly bufferLimitEvents: number;
  readonly maxPerSecond: number | undefined;
  readonly isManual: boolean;
};

export function readDecisionLogs(
  root: Section,
  services: ReadonlyMap<string, ServiceConfig>,
): DecisionLogsConfig | undefined {
  const section = root.section("decision_logs");
  if (section === undefined) {
    return undefined;
  }
  section
    .refuse({ plugin: "is not supported: there are no plugins of that kind" })
    .known(
      "service",
      "partition_name",
      "reporting",
      "request_context",
      "mask_decision",
      "drop_decision",
      "console",
      "resource",
      "nd_builtin_cache",
      "plugin",
    );
  const console = section.flag("console") ?? false;
  const service =
    section.text("service") ?? (console ? undefined : [...services.keys()][0]);
  if (service !== undefined && !services.has(service)) {
    throw section.fault(["service"], `names no service: \`${service}\``);
  }
  if (service === undefined && !console) {
    return undefined;
  }
  const partition = section.text("partition_name");
  const headers = section.section("request_context")?.section("http");
  return {
    console,
    service,
    resource: partition
      ? `/logs/${partition}`
      : (section.text("resource") ?? "/logs"),
    maskDecision: section.text("mask_decision") ?? "/system/log/mask",
    dropDecision: section.text("drop_decision") ?? "/system/log/drop",
    headers: (headers?.list("headers") ?? []).map(String),
    reporting: readReporting(section),
  };
}

function readReporting(logs: Section): ReportingConfig {
  const section = logs.section("reporting");
  section?.known(
    "buffer_type",
    "buffer_size_limit_bytes",
    "buffer_size_limit_events",
    "upload_size_limit_bytes",
    "min_delay_seconds",
    "max_delay_seconds",
    "max_decisions_per_second",
    "trigger",
  );
  const min = section?.number("min_delay_seconds");
  const max = section?.number("max_delay_seconds");
  if (section && (min === undefined) !== (max === undefined)) {
    const missing = min === undefined ? "min" : "max";
    throw section.fault([], `is missing '${missing}_delay_seconds'`);
  }
  if (section && min !== undefined && max !== undefined && max < min) {
    throw section.fault(
      ["max_delay_seconds"],
      "must be no less than min_delay_seconds",
    );
  }
  const limit = section?.number("upload_size_limit_bytes") ?? 32_768;
  return {
    minDelayMs: (min ?? 300) * 1_000,
    maxDelayMs: (max ?? 600) * 1_000,
    uploadLimitBytes: Math.min(Math.max(limit, 90), 4_294_967_296),
    bufferLimitBytes: section?.number("buffer_size_limit_bytes") ?? 0,
    bufferLimitEvents: section?.number("buffer_size_limit_events") ?? 10_000,
    maxPerSecond: section?.number("max_decisions_per_second"),
    isManual: section?.text("trigger") === "manual",
  };
}
