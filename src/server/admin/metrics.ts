import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";
import { liveMemories } from "../../engine/index.ts";
import type { CompareListener } from "../compare/observations.ts";
import type { CheckRecord, Step } from "../pipeline/verdict.ts";

/** What the server counts. */
export type Metrics = {
  observe(record: CheckRecord): void;
  reloaded(result: "loaded" | "failed"): void;
  /** A revision took over: how long it was in each stage, and how many canary requests changed. */
  activated(spent: ReadonlyMap<string, number>, canaryChanges: number): void;
  /** A stage refused what a bundle brought. */
  refused(bundle: string, stage: string, code: string): void;
  rolledBack(trigger: "automatic" | "command"): void;
  logFailed(): void;
  readonly comparison: CompareListener;
  /** The text that Prometheus scrapes, and its content type. */
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
};

/** How long ago each bundle was last known to be current, by name. */
export type BundleAges = () => ReadonlyMap<string, number>;

/** Metrics in a registry of their own, so that servers can share a process. */
export function createMetrics(ages: BundleAges = () => new Map()): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const checks = createCheckMetrics(register);
  const reloads = new Counter({
    name: "portcullis_reloads_total",
    help: "Revisions loaded, and loads that failed",
    labelNames: ["result"] as const,
    registers: [register],
  });
  const loaded = new Gauge({
    name: "portcullis_revision_loaded_timestamp_seconds",
    help: "When the revision in force was loaded",
    registers: [register],
  });
  const lost = new Counter({
    name: "portcullis_decision_log_errors_total",
    help: "Failures to write the decision log",
    registers: [register],
  });
  // A series that is there from the start can be alerted on.
  reloads.inc({ result: "failed" }, 0);
  observeAges(register, ages);
  observeMemories(register);
  return {
    observe: checks,
    ...createRevisionMetrics(register),
    reloaded: (result) => {
      reloads.inc({ result });
      if (result === "loaded") {
        loaded.setToCurrentTime();
      }
    },
    logFailed: () => lost.inc(),
    comparison: createCompareMetrics(register),
    scrape: async () => ({
      type: register.contentType,
      text: await register.metrics(),
    }),
  };
}

function createCompareMetrics(register: Registry): CompareListener {
  const registers = [register];
  const compared = new Counter({
    name: "portcullis_compare_total",
    help: "Checks compared with the reference, those left out, and those to which it gave no answer",
    labelNames: ["result"] as const,
    registers,
  });
  const differing = new Counter({
    name: "portcullis_compare_differences_total",
    help: "Parts of answers that differ from the reference's",
    labelNames: ["part"] as const,
    registers,
  });
  return {
    observed: (result) => compared.inc({ result }),
    differed: (part) => differing.inc({ part }),
  };
}

function createRevisionMetrics(
  register: Registry,
): Pick<Metrics, "activated" | "refused" | "rolledBack"> {
  const registers = [register];
  const stages = new Gauge({
    name: "portcullis_activation_stage_seconds",
    help: "How long the revision in force was in each stage of its activation",
    labelNames: ["stage"] as const,
    registers,
  });
  const changed = new Gauge({
    name: "portcullis_canary_changes",
    help: "Canary requests whose verdict the revision in force changed",
    registers,
  });
  const refusals = new Counter({
    name: "portcullis_activation_failures_total",
    help: "Revisions that were refused, by the stage and the code",
    labelNames: ["bundle", "stage", "code"] as const,
    registers,
  });
  const rollbacks = new Counter({
    name: "portcullis_rollbacks_total",
    help: "Revisions taken back, after a burst of failures or by command",
    labelNames: ["trigger"] as const,
    registers,
  });
  rollbacks.inc({ trigger: "automatic" }, 0);
  rollbacks.inc({ trigger: "command" }, 0);
  return {
    activated: (spent, canaryChanges) => {
      stages.reset();
      for (const [stage, milliseconds] of spent) {
        stages.set({ stage }, milliseconds / 1_000);
      }
      changed.set(canaryChanges);
    },
    refused: (bundle, stage, code) => refusals.inc({ bundle, stage, code }),
    rolledBack: (trigger) => rollbacks.inc({ trigger }),
  };
}

function observeAges(register: Registry, ages: BundleAges): void {
  const gauge = new Gauge({
    name: "portcullis_bundle_age_seconds",
    help: "How long ago the source was last known to hold what is in force",
    labelNames: ["bundle"] as const,
    registers: [register],
    collect: () => {
      for (const [bundle, milliseconds] of ages()) {
        gauge.set({ bundle }, milliseconds / 1_000);
      }
    },
  });
}

function observeMemories(register: Registry): void {
  const gauge: Gauge = new Gauge({
    name: "portcullis_sandbox_memories",
    help: "Memories of sandboxes that are not collected; a process has room for about 12,000",
    registers: [register],
    collect: () => {
      gauge.set(liveMemories());
    },
  });
}

function createCheckMetrics(register: Registry): Metrics["observe"] {
  const registers = [register];
  const requests = new Counter({
    name: "portcullis_requests_total",
    help: "Checks answered",
    labelNames: ["transport"] as const,
    registers,
  });
  const decisions = new Counter({
    name: "portcullis_decisions_total",
    help: "Checks by verdict, the guard that decided, and whether it was enforced",
    labelNames: ["verdict", "guard", "enforced"] as const,
    registers,
  });
  const monitored = new Counter({
    name: "portcullis_monitor_denies_total",
    help: "Denials of guards in monitor mode, which let the request pass",
    labelNames: ["guard"] as const,
    registers,
  });
  const errors = new Counter({
    name: "portcullis_errors_total",
    help: "Guards and checks that failed, by code",
    labelNames: ["guard", "code"] as const,
    registers,
  });
  const duration = new Histogram({
    name: "portcullis_check_duration_seconds",
    help: "From a check's arrival to its answer",
    labelNames: ["transport"] as const,
    buckets: [
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5,
    ],
    registers,
  });
  const fuel = new Counter({
    name: "portcullis_foreign_fuel_total",
    help: "Units of work of guards that were compiled elsewhere",
    labelNames: ["guard"] as const,
    registers,
  });
  const observeStep = (step: Step) => {
    if (step.verdict === "deny" && step.mode === "monitor") {
      monitored.inc({ guard: step.guard });
    }
    if (step.fuel !== undefined) {
      fuel.inc({ guard: step.guard }, step.fuel);
    }
    if (step.verdict === "error") {
      errors.inc({ guard: step.guard, code: step.code ?? "" });
    }
  };
  return ({ transport, outcome, ms }) => {
    const { verdict, guard = "", enforced, steps } = outcome;
    requests.inc({ transport });
    duration.observe({ transport }, ms / 1_000);
    decisions.inc({ verdict, guard, enforced: String(enforced) });
    for (const step of steps) {
      observeStep(step);
    }
    if (verdict === "error" && steps.length === 0) {
      errors.inc({ guard, code: outcome.code ?? "" });
    }
  };
}
