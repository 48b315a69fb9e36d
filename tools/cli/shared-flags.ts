import { type Arguments, type Flag, notOneOf, textFlag } from "./command.ts";

/** The version of Rego that files are in. */
export const versionFlags = {
  "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
  "v1-compatible": { type: "boolean", help: "read the files as Rego v1" },
} as const satisfies Readonly<Record<string, Flag>>;

/** As OPA: v0 wins over v1. */
export function regoVersionOf({ flags }: Arguments): 0 | 1 {
  return flags["v0-compatible"] === true ? 0 : 1;
}

export const ignoreFlag = {
  type: "string",
  multiple: true,
  argument: "PATTERN",
  help: "leave out files and folders by name, as `.*`; may repeat",
} as const satisfies Flag;

const formats = ["pretty", "json"];

/** The form of what a command tells: for people, or JSON. */
export const formatFlag = {
  type: "string",
  short: "f",
  argument: "FORMAT",
  help: "pretty or json (default pretty)",
} as const satisfies Flag;

export function formatOf(args: Arguments): string {
  return textFlag(args, "format") ?? "pretty";
}

/** What is wrong with the format that was given. */
export function wrongFormat(args: Arguments): string | undefined {
  const format = formatOf(args);
  return formats.includes(format)
    ? undefined
    : notOneOf("format", format, formats);
}
