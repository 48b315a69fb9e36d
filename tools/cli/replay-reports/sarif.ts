import type { ReplayReport } from "../../../src/server/index.ts";
import { sarifLog } from "../sarif.ts";

/** SARIF 2.1.0: a result for each group of changes, at the lines of its samples. */
export function replaySarif({ groups }: ReplayReport): string {
  const rules = [...new Set(groups.map(({ kind }) => kind))].sort();
  return sarifLog({
    name: "portcullis replay",
    rules: rules.map((id) => ({
      id,
      shortDescription: { text: `a decision changed: ${id}` },
    })),
    results: groups.map(({ count, kind, rule, samples, target }) => ({
      ruleId: kind,
      ruleIndex: rules.indexOf(kind),
      level: "error",
      message: { text: `${count} decisions of ${target} changed in ${rule}` },
      places: samples.map(({ file, line }) => ({ file, row: line, col: 1 })),
    })),
  });
}
