import { DIFF_DELETE, DIFF_INSERT, diffMain } from "diff-match-patch-es";

const colours: Readonly<Record<number, string>> = {
  [DIFF_INSERT]: "\x1b[32m",
  [DIFF_DELETE]: "\x1b[31m",
};

/** Two texts in one: what is gone in red, what is new in green, as `opa fmt -d` shows them. */
export function prettyDiff(before: string, after: string): string {
  return diffMain(before, after, {}, false)
    .map(([operation, text]) => {
      const colour = colours[operation];
      return colour === undefined
        ? text
        : text.replace(/^.*$/gm, (line) => `${colour}${line}\x1b[0m`);
    })
    .join("");
}
