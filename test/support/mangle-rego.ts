import type { Random } from "./random.ts";

const token = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|[ \t]+|\n+|[[({,]|[\])}]/g;

/**
 * A Rego text laid out badly: lines broken and left out, and comments put, at
 * the boundaries of its tokens. It may be no Rego any more.
 */
export function mangleRego(text: string, random: Random): string {
  let comments = 0;
  const comment = () => {
    comments += 1;
    return ` # c${comments}\n`;
  };
  return text.replace(token, (part) => {
    const [first = ""] = part;
    if ('"`#'.includes(first)) {
      return part;
    }
    const dice = random.below(100);
    if (first === " " || first === "\t") {
      return pick(
        dice,
        [
          [3, "\n"],
          [5, comment],
          [8, "  "],
        ],
        part,
      );
    }
    if (first === "\n") {
      return pick(
        dice,
        [
          [6, () => `\n${comment()}`],
          [10, comment],
          [14, "\n\n"],
        ],
        part,
      );
    }
    return "[({,".includes(first)
      ? pick(
          dice,
          [
            [4, `${part}\n`],
            [7, () => part + comment()],
          ],
          part,
        )
      : pick(
          dice,
          [
            [3, `\n${part}`],
            [5, () => comment() + part],
          ],
          part,
        );
  });
}

type Choice = readonly [below: number, text: string | (() => string)];

function pick(
  dice: number,
  choices: readonly Choice[],
  otherwise: string,
): string {
  const found = choices.find(([below]) => dice < below)?.[1];
  return typeof found === "function" ? found() : (found ?? otherwise);
}
