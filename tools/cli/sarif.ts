import type { Location } from "../../src/engine/index.ts";

type SarifRule = {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
};

type SarifResult = {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: "error" | "warning";
  readonly message: { readonly text: string };
  readonly places: readonly Pick<Location, "file" | "row" | "col">[];
};

type SarifTool = {
  readonly name: string;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
};

/** A SARIF 2.1.0 log of one run of a tool. */
export function sarifLog({ name, results, rules }: SarifTool): string {
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name, rules } },
        columnKind: "unicodeCodePoints",
        results: results.map(({ places, ...result }) => ({
          ...result,
          locations: places.map(({ col, file, row }) => ({
            physicalLocation: {
              artifactLocation: { uri: toUri(file) },
              region: { startLine: row, startColumn: col },
            },
          })),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function toUri(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}
