import {
  BuiltinError,
  type HostBuiltin,
} from "../../src/engine/builtins/index.ts";

/** `test.sleep`, which the binary that runs OPA's own suite adds: `"10ms"` → null. */
export const sleepBuiltin: HostBuiltin = {
  name: "test.sleep",
  decl: {
    args: [{ type: "string" }],
    result: { type: "null" },
  },
  run: ([duration]) => {
    const milliseconds = /^(\d+)ms$/.exec(String(duration))?.[1];
    if (milliseconds === undefined) {
      throw new BuiltinError(`\`${String(duration)}\` is no time in ms`);
    }
    const never = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(never, 0, 0, Number(milliseconds));
    return null;
  },
};
