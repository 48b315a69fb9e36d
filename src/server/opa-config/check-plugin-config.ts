import type { DecisionQuery } from "../drop-in/snapshot.ts";
import type { Section } from "./section.ts";

/** The keys of `plugins.envoy_ext_authz_grpc`. */
export type CheckPluginConfig = {
  readonly addr: string;
  readonly decision: DecisionQuery;
  readonly dryRun: boolean;
  readonly reflection: boolean;
  readonly protoDescriptor: string | undefined;
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly skipBody: boolean;
  readonly metrics: boolean;
  readonly durationBuckets: readonly number[];
};

const defaultBuckets = [
  1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 3e-3, 5e-3, 0.1, 1,
];

export function readCheckPlugin(section: Section): CheckPluginConfig {
  section.known(
    "addr",
    "path",
    "query",
    "dry-run",
    "enable-reflection",
    "proto-descriptor",
    "grpc-max-recv-msg-size",
    "grpc-max-send-msg-size",
    "skip-request-body-parse",
    "enable-performance-metrics",
    "grpc-request-duration-seconds-buckets",
  );
  const buckets = section.list("grpc-request-duration-seconds-buckets");
  if (buckets?.some((one) => typeof one !== "number")) {
    throw section.fault(
      ["grpc-request-duration-seconds-buckets"],
      "must be a list of numbers",
    );
  }
  return {
    addr: section.text("addr") ?? ":9191",
    decision: readDecision(section),
    dryRun: section.flag("dry-run") ?? false,
    reflection: section.flag("enable-reflection") ?? false,
    protoDescriptor: section.text("proto-descriptor") || undefined,
    maxReceiveBytes: section.number("grpc-max-recv-msg-size") ?? 4_194_304,
    maxSendBytes: section.number("grpc-max-send-msg-size") ?? 2_147_483_647,
    skipBody: section.flag("skip-request-body-parse") ?? false,
    metrics: section.flag("enable-performance-metrics") ?? false,
    durationBuckets: (buckets as readonly number[]) ?? defaultBuckets,
  };
}

function readDecision(section: Section): DecisionQuery {
  const path = section.text("path") || undefined;
  const query = section.text("query") || undefined;
  if (path !== undefined && query !== undefined) {
    throw section.fault(
      ["query"],
      'cannot stand beside "path"; give only that',
    );
  }
  return query === undefined
    ? { kind: "path", path: path ?? "envoy/authz/allow" }
    : { kind: "query", query };
}
