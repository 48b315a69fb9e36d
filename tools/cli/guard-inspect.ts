import { checkModule, sha256Hex } from "../../src/bundle/index.ts";
import {
  type ForeignInspection,
  inspectForeign,
  PolicyError,
} from "../../src/engine/index.ts";
import type { GuardSource } from "./guard-source.ts";

/** What `guard inspect` tells, a member a line. */
export type GuardReport = {
  readonly sha256: string;
  readonly bytes: number;
  /** Why the module would not be loaded. */
  readonly refused?: string;
  readonly module?: ForeignInspection;
  /** What its manifest says, and whether digest and signature hold. */
  readonly manifest?: {
    readonly name: string;
    readonly version: string;
    readonly signer?: string;
    readonly fault?: string;
  };
};

/** Looks at a guard; a module that is refused is a part of the report. */
export function inspectGuard({ bytes, manifest }: GuardSource): GuardReport {
  const report = { sha256: sha256Hex(bytes), bytes: bytes.length };
  const told =
    manifest?.module === undefined
      ? {}
      : { manifest: describeManifest({ bytes, manifest }) };
  try {
    return { ...report, module: inspectForeign(bytes), ...told };
  } catch (error) {
    return { ...report, refused: PolicyError.from(error).rawMessage, ...told };
  }
}

function describeManifest({
  bytes,
  manifest,
}: GuardSource): NonNullable<GuardReport["manifest"]> {
  const { name = "", version = "", module } = manifest ?? {};
  if (!module) {
    return { name, version };
  }
  const signer = module.signer === undefined ? {} : { signer: module.signer };
  try {
    checkModule(bytes, { name, version, module }, undefined);
    return { name, version, ...signer };
  } catch (error) {
    const fault = PolicyError.from(error).rawMessage;
    return { name, version, ...signer, fault };
  }
}

/** The report as lines for people. */
export function guardReportText(report: GuardReport): string {
  const { bytes, manifest, module, refused, sha256 } = report;
  const lines: (readonly [string, string])[] = [
    ["sha256", sha256],
    ["size", `${bytes} bytes`],
  ];
  if (refused !== undefined) {
    lines.push(["refused", refused]);
  }
  if (module) {
    lines.push(...moduleLines(module));
  }
  if (manifest) {
    const { fault, name, signer, version } = manifest;
    lines.push(["manifest", `${name} ${version}`.trim()]);
    lines.push(["signer", signer ?? "none"]);
    lines.push(["loads", fault ?? "digest and signature hold"]);
  }
  return lines.map(([label, text]) => `${label.padEnd(10)}${text}\n`).join("");
}

function moduleLines(
  module: ForeignInspection,
): readonly (readonly [string, string])[] {
  const { custom, functions, hasStart, memory, tables } = module;
  const extern = ({ name, kind, type }: (typeof module.imports)[number]) =>
    `${name} ${type ?? kind}`;
  return [
    ["abi", module.abi ?? "neither raw nor opa"],
    ...module.imports.map((one) => ["import", extern(one)] as const),
    ...module.exports.map((one) => ["export", extern(one)] as const),
    ["memory", memory ? `${sizeText(memory)} pages` : "none"],
    ...tables.map((size) => ["table", `${sizeText(size)} elements`] as const),
    ["functions", String(functions)],
    ["start", hasStart ? "runs when it is loaded" : "none"],
    ...custom.map((name) => ["left out", `section ${name}`] as const),
  ];
}

function sizeText({
  greatest,
  least,
}: NonNullable<ForeignInspection["memory"]>): string {
  return greatest === undefined
    ? `${least} or more`
    : `${least} to ${greatest}`;
}
