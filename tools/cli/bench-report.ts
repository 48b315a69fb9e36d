import { indentedJson, shownPlain } from "./indented-json.ts";
import { statisticsOf } from "./statistics.ts";
import { numberTable } from "./table.ts";
import { bytesText, goNumber } from "./test-reports/bench.ts";

export const benchFormats = ["pretty", "json", "gobench"] as const;

/** `--benchmem`, of the commands that measure. */
export const benchmemFlag = {
  type: "boolean",
  default: true,
  help: "tell how many bytes of the sandbox's arena one evaluation takes (on; --no-benchmem turns it off)",
} as const;

/** How long each of many evaluations took, in nanoseconds. */
export type Sample = {
  readonly times: readonly number[];
  /** Whether the report tells how they are spread. */
  readonly isSpread: boolean;
  /** Bytes of the arena that one evaluation takes; undefined when they are not wanted. */
  readonly bytes: number | undefined;
};

const histogram = "histogram_timer_rego_query_eval_ns";

/** One measurement in the formats of `opa bench`. How often something is allocated is not counted. */
export function benchReport(sample: Sample, format = "pretty"): string {
  const { bytes, times } = sample;
  const total = times.reduce((sum, time) => sum + time, 0);
  const extra = sample.isSpread ? spread(times) : [];
  switch (format) {
    case "json":
      return indentedJson(
        shownPlain({
          N: times.length,
          T: Math.round(total),
          Bytes: 0,
          MemAllocs: 0,
          MemBytes: (bytes ?? 0) * times.length,
          Extra: Object.fromEntries(extra),
        }),
      );
    case "gobench":
      return `BenchmarkOPAEval\t${[
        String(times.length).padStart(8),
        `${goNumber(total / times.length)} ns/op`,
        ...extra.map(([name, value]) => `${goNumber(value)} ${name}`),
        ...(bytes === undefined ? [] : [bytesText(bytes)]),
      ].join("\t")}\n`;
    default:
      return numberTable([
        ["samples", String(times.length)],
        ["ns/op", tableNumber(total / times.length)],
        ...extra.map(([name, value]) => [name, tableNumber(value)] as const),
        ...(bytes === undefined ? [] : [["B/op", String(bytes)] as const]),
      ]);
  }
}

/** Three digits that count. */
function tableNumber(value: number): string {
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(value === 0 ? 0 : digits);
}

function spread(
  times: readonly number[],
): readonly (readonly [string, number])[] {
  return Object.entries(statisticsOf(times)).map(
    ([name, value]) => [`${histogram}_${name}`, value] as const,
  );
}
