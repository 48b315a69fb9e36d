import { type Ran, runOwn, runProgram } from "./command-line.ts";
import { opaBinary } from "./opa-binary.ts";

/** Genuine OPA; undefined where it is not installed. */
export const opaProgram = opaBinary();

/** Runs one command line by both tools in a folder. */
export function runBoth(
  cwd: string,
  args: readonly string[],
): { readonly opa: Ran; readonly own: Ran } {
  return {
    opa: runProgram(opaProgram ?? "", args, { cwd }),
    own: runOwn(args, { cwd }),
  };
}
