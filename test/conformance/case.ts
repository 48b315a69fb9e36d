import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ExactJson, parseExactJson } from "../support/exact-json.ts";

/** One case of OPA's suite; keys as in the files (see conformance/README.md). */
export type ConformanceCase = {
  readonly note: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: ExactJson;
  readonly input?: ExactJson;
  readonly input_term?: string;
  readonly want_result?: readonly ExactJson[];
  readonly sort_bindings?: boolean;
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly strict_error?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

/** Reads every `*.json` of a folder, in name order, in OPA's case format. */
export function readCases(folder: string): readonly ConformanceCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => {
      const file = parseExactJson(readFileSync(join(folder, name), "utf8"));
      return (file as { cases: ExactJson })
        .cases as unknown as ConformanceCase[];
    });
}
