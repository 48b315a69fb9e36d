import type { HostBuiltin } from "../engine/builtins/index.ts";
import { timeBuiltins } from "./time/index.ts";
import { uuidBuiltins } from "./uuid.ts";

/** Every builtin that OPA has and that does not run inside the module. */
export const hostBuiltins: readonly HostBuiltin[] = [
  ...timeBuiltins,
  ...uuidBuiltins,
];
