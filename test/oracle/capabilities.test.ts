import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { capabilities } from "../../src/engine/builtins/capabilities.ts";
import { opaBinary } from "../support/opa-binary.ts";

const opa = opaBinary();

describe.skipIf(opa === undefined)("the capability file", () => {
  test("is what `opa capabilities --current` prints", () => {
    const { stdout } = spawnSync(opa ?? "", ["capabilities", "--current"], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    const theirs = JSON.parse(stdout) as {
      builtins: readonly Record<string, unknown>[];
      future_keywords: readonly string[];
      features: readonly string[];
    };
    const names = (builtins: readonly { readonly name?: unknown }[]) =>
      builtins.map(({ name }) => name);
    expect(names(capabilities.builtins)).toEqual(names(theirs.builtins));
    for (const [index, ours] of capabilities.builtins.entries()) {
      const {
        description: _,
        categories: __,
        ...rest
      } = theirs.builtins[index] ?? {};
      expect(withoutDescriptions(ours)).toEqual(withoutDescriptions(rest));
    }
    expect(capabilities.future_keywords).toEqual(theirs.future_keywords);
    expect(capabilities.features).toEqual(theirs.features);
  });
});

function withoutDescriptions(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member) =>
      key === "description" ? undefined : member,
    ),
  );
}
