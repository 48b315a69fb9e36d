import { readFileSync } from "node:fs";
import { opaVersion } from "../../../src/engine/index.ts";
import { type Command, exitCode } from "../command.ts";

/** `portcullis version`. */
export const version: Command = {
  usage: "",
  flags: {},
  run: async () => {
    console.log(`Version: ${packageVersion()}`);
    console.log(`Rego: v1, as OPA ${opaVersion}`);
    console.log(`Platform: ${process.platform}/${process.arch}`);
    console.log(`Node: ${process.version}`);
    return exitCode.fine;
  },
};

/** From the nearest package.json above: the tree runs from source and from dist/. */
function packageVersion(): string {
  for (const up of ["../../../", "../../../../"]) {
    try {
      const file = new URL(`${up}package.json`, import.meta.url);
      return JSON.parse(readFileSync(file, "utf8")).version;
    } catch {
      // Not this level.
    }
  }
  return "unknown";
}
