import type { CompareReport } from "../../../src/server/index.ts";
import { compareStatus } from "./pretty.ts";

/** The report for a pull request or a wiki. */
export function compareMarkdown(report: CompareReport): string {
  const rows = report.groups.map(
    ({ count, identity, kind, path, rule, samples: [first] }) => {
      const differences = (first?.differences ?? [])
        .map(
          ({ native, part, reference }) =>
            `${part}: ${code(reference)} → ${code(native)}`,
        )
        .join("<br>");
      return `| ${count} | ${kind} | ${code(rule)} | ${code(path)} | ${identity.slice(0, 8)} | ${differences} |`;
    },
  );
  return [
    "# Comparison with the reference",
    "",
    `Since ${report.since}: ${compareStatus(report)}`,
    ...(rows.length === 0
      ? ["No check differs."]
      : [
          "| different | kind | rule | path | caller | there → here |",
          "|---|---|---|---|---|---|",
          ...rows,
        ]),
    "",
  ].join("\n");
}

/** Text that a table's cell can hold, whatever a client has put in it. */
function code(text: string): string {
  const plain = text
    .replace(/[\p{Cc}`|<>]/gu, (character) => (character === "\n" ? "; " : "·"))
    .slice(0, 200);
  return plain === "" ? "none" : `\`${plain}\``;
}
