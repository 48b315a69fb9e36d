import {
  Counter,
  collectDefaultMetrics,
  Histogram,
  Registry,
} from "prom-client";
import type { CheckPluginConfig } from "../opa-config/check-plugin-config.ts";
import type { AnsweredRequest } from "./rest/api.ts";

/** What the server counts, in OPA's names. */
export type OpaMetrics = {
  /** A request of the API. */
  observeRequest(answered: AnsweredRequest): void;
  observeCheck(seconds: number): void;
  countCheckError(reason: string): void;
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
};

export function createOpaMetrics(
  plugin: CheckPluginConfig | undefined,
): OpaMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "A histogram of duration for requests.",
    labelNames: ["code", "handler", "method"] as const,
    buckets: requestBuckets,
    registers: [register],
  });
  const checks = plugin?.metrics ? checkMetrics(plugin, register) : undefined;
  return {
    observeRequest: ({ handler, method, started, status }) =>
      requests.observe(
        { code: String(status), handler, method: method.toLowerCase() },
        (performance.now() - started) / 1_000,
      ),
    observeCheck: (seconds) =>
      checks?.duration.observe({ handler: "check" }, seconds),
    countCheckError: (reason) => checks?.errors.inc({ reason }),
    scrape: async () => ({
      type: register.contentType,
      text: await register.metrics(),
    }),
  };
}

const requestBuckets = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 0.01, 0.1, 1];

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
