import { fromBigint } from "../value-json.ts";
import type { HostBuiltin } from "./host-builtin.ts";

/** `time.now_ns`: the time at which the decision began. */
export const timeNow: HostBuiltin = {
  name: "time.now_ns",
  nondeterministic: true,
  run: (_operands, { now }) => fromBigint(now),
};
