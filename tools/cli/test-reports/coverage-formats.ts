import type { CoverageReport } from "../../../src/engine/index.ts";
import { escapeXml } from "./xml.ts";

type FileReport = CoverageReport["files"][string];

/** Row → whether it is covered; a row that is partly covered is not. */
function lineHits({
  covered,
  not_covered: missed,
}: FileReport): [number, boolean][] {
  const hits = new Map<number, boolean>();
  for (const [ranges, isHit] of [
    [covered, true],
    [missed, false],
  ] as const) {
    for (const { start, end } of ranges) {
      for (let row = start.row; row <= end.row; row += 1) {
        hits.set(row, isHit);
      }
    }
  }
  return [...hits].sort(([a], [b]) => a - b);
}

/** LCOV's tracefile: a record a file, a line a row. */
export function lcovReport({ files }: CoverageReport): string {
  return Object.entries(files)
    .map(([file, report]) => {
      const hits = lineHits(report);
      const lines = hits.map(([row, isHit]) => `DA:${row},${isHit ? 1 : 0}\n`);
      const hit = hits.filter(([, isHit]) => isHit).length;
      return `TN:\nSF:${file}\n${lines.join("")}LF:${hits.length}\nLH:${hit}\nend_of_record\n`;
    })
    .join("");
}

/** Cobertura's XML: one package, a class a file. */
export function coberturaReport({ files }: CoverageReport): string {
  const classes = Object.entries(files).map(([file, report]) => ({
    file,
    hits: lineHits(report),
  }));
  const all = classes.flatMap(({ hits }) => hits);
  const rate = lineRate(all);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">',
    `<coverage line-rate="${rate}" branch-rate="0" lines-covered="${countHits(all)}" lines-valid="${all.length}" branches-covered="0" branches-valid="0" complexity="0" version="1" timestamp="0">`,
    "  <sources><source>.</source></sources>",
    "  <packages>",
    `    <package name="policies" line-rate="${rate}" branch-rate="0" complexity="0">`,
    "      <classes>",
    ...classes.flatMap(({ file, hits }) => classLines(file, hits)),
    "      </classes>",
    "    </package>",
    "  </packages>",
    "</coverage>",
    "",
  ].join("\n");
}

function classLines(
  file: string,
  hits: readonly [number, boolean][],
): string[] {
  const name = escapeXml(file);
  return [
    `        <class name="${name}" filename="${name}" line-rate="${lineRate(hits)}" branch-rate="0" complexity="0">`,
    "          <methods/>",
    "          <lines>",
    ...hits.map(
      ([row, isHit]) =>
        `            <line number="${row}" hits="${isHit ? 1 : 0}"/>`,
    ),
    "          </lines>",
    "        </class>",
  ];
}

function countHits(hits: readonly [number, boolean][]): number {
  return hits.filter(([, isHit]) => isHit).length;
}

function lineRate(hits: readonly [number, boolean][]): string {
  return hits.length === 0 ? "1" : (countHits(hits) / hits.length).toFixed(4);
}
