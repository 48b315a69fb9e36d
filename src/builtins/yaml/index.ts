import {
  BuiltinError,
  type HostBuiltin,
  type Value,
} from "../../engine/builtins/index.ts";
import { marshalYaml } from "./marshal.ts";
import { parseYaml } from "./parse.ts";

/** `yaml.*`. */
export const yamlBuiltins: readonly HostBuiltin[] = [
  { name: "yaml.marshal", run: ([value]) => marshalYaml(value as Value) },
  { name: "yaml.unmarshal", run: ([text]) => parseYaml(text as string) },
  {
    name: "yaml.is_valid",
    // OPA answers false for what is no text.
    decl: {
      args: [{ type: "any" }],
      result: { type: "boolean" },
    },
    run: ([text]) => typeof text === "string" && isYaml(text),
  },
];

function isYaml(text: string): boolean {
  try {
    parseYaml(text);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) {
      return false;
    }
    throw error;
  }
}
