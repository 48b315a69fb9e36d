import type { CompareReport } from "../../../src/server/index.ts";
import { escapeXml } from "../test-reports/xml.ts";
import { compareStatus } from "./pretty.ts";

/** The report as one page that needs no other file and runs no script. */
export function compareHtml(report: CompareReport): string {
  const rows = report.groups.map(
    ({ count, identity, kind, path, rule, samples }) => {
      const cells = [String(count), kind, rule, path, identity.slice(0, 8)];
      const shown = samples.map(
        (sample) =>
          `<details><summary>sample</summary><pre>${escapeXml(JSON.stringify(sample, undefined, 2))}</pre></details>`,
      );
      return `<tr>${cells.map((cell) => `<td>${escapeXml(cell)}</td>`).join("")}<td>${shown.join("")}</td></tr>`;
    },
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Comparison with the reference</title>
<style>body{font:15px system-ui;margin:2em}td,th{border-bottom:1px solid #ccc;padding:.3em .8em;text-align:left;vertical-align:top}</style>
<h1>Comparison with the reference</h1>
<p>Since ${escapeXml(report.since)}: ${escapeXml(compareStatus(report))}</p>
<table>
<tr><th>different<th>kind<th>rule<th>path<th>caller<th>samples</tr>
${rows.join("\n")}
</table>
</html>
`;
}
