import {
  Counter,
  collectDefaultMetrics,
  Histogram,
  Registry,
} from "prom-client";
import type { CheckPluginConfig } from "../opa-config/check-plugin-config.ts";

/** What the server counts, in OPA's names. */
export type OpaMetrics = {
  observeCheck(seconds: number): void;
  countCheckError(reason: string): void;
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
};

export function createOpaMetrics(
  plugin: CheckPluginConfig | undefined,
): OpaMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const checks = plugin?.metrics ? checkMetrics(plugin, register) : undefined;
  return {
    observeCheck: (seconds) =>
      checks?.duration.observe({ handler: "check" }, seconds),
    countCheckError: (reason) => checks?.errors.inc({ reason }),
    scrape: async () => ({
      type: register.contentType,
      text: await register.metrics(),
    }),
  };
}

function checkMetrics(
  { durationBuckets }: CheckPluginConfig,
  register: Registry,
) {
  const registers = [register];
  return {
    duration: new Histogram({
      name: "grpc_request_duration_seconds",
      help: "A histogram of duration for grpc authz requests.",
      labelNames: ["handler"] as const,
      buckets: [...durationBuckets],
      registers,
    }),
    errors: new Counter({
      name: "error_counter",
      help: "A counter for errors",
      labelNames: ["reason"] as const,
      registers,
    }),
  };
}
