import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { customBuiltins } from "../../src/builtins/index.ts";
import { type HostBuiltin, PolicyError } from "../../src/engine/index.ts";
import { type Arguments, textFlag } from "./command.ts";

/** `--builtins`, of every command that compiles Rego. */
export const builtinsFlag = {
  type: "string",
  argument: "FILE",
  help: "JavaScript module that declares further builtins (docs/custom-builtins.md)",
} as const;

/** The builtins of the module that `--builtins` names; none without the flag. */
export async function loadBuiltins(
  args: Arguments,
): Promise<readonly HostBuiltin[]> {
  const file = textFlag(args, "builtins");
  if (file === undefined) {
    return [];
  }
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      `${file}: cannot be loaded: ${PolicyError.from(cause).rawMessage}`,
      { cause },
    );
  }
  return customBuiltins(file, exports);
}
