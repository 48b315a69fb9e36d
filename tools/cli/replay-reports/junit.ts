import type { ReplayReport } from "../../../src/server/index.ts";
import { escapeXml } from "../test-reports/xml.ts";

/** JUnit's XML: a failed case for each group of changes, one that passed for the rest. */
export function replayJunit({ counts, groups, times }: ReplayReport): string {
  const seconds = ((times.mean * times.count) / 1_000).toFixed(6);
  const cases = groups.flatMap(({ count, kind, rule, samples, target }) => {
    const message = `${count} changed: ${kind}`;
    const places = samples.map(
      ({ file, id, line, recorded, replayed }) =>
        `${file}:${line} ${id}\n  recorded: ${recorded}\n  replayed: ${replayed}`,
    );
    return [
      `    <testcase classname="${escapeXml(target)}" name="${escapeXml(`${rule} ${kind}`)}">`,
      `      <failure type="${kind}" message="${escapeXml(message)}">${escapeXml(places.join("\n"))}</failure>`,
      "    </testcase>",
    ];
  });
  const total = groups.length + 1;
  const totals = `tests="${total}" failures="${groups.length}" errors="0" skipped="0" time="${seconds}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="portcullis replay" ${totals}>`,
    `  <testsuite name="replay" ${totals}>`,
    `    <testcase classname="replay" name="${counts.same} of ${counts.events} events decided as recorded"/>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
