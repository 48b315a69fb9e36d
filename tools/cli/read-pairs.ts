import { type ErrorCode, PolicyError } from "../../src/engine/index.ts";

/** Flags of the form NAME=TEXT by name; `flag` and `code` are for those that are none. */
export function readPairs(
  texts: readonly string[],
  { code, flag, form }: PairFlag,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) {
        throw new PolicyError(code, `--${flag} takes ${form}, not \`${text}\``);
      }
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}

type PairFlag = {
  readonly flag: string;
  readonly form: string;
  readonly code: ErrorCode;
};
