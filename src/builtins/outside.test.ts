import { describe, expect, test } from "vitest";
import {
  type BuiltinContext,
  fromJs,
  RegoObject,
  RegoSet,
  toRego,
  type Value,
} from "../engine/builtins/index.ts";
import { parseGoUrl } from "./go-url.ts";
import { hostBuiltins } from "./index.ts";

function context(more: Partial<BuiltinContext> = {}): BuiltinContext {
  return {
    now: 0n,
    random: (count) => new Uint8Array(count).fill(0x5a),
    runtime: RegoObject.of([]),
    decisionCache: new Map(),
    policyCache: new Map(),
    network: { allows: () => false },
    signal: new AbortController().signal,
    ...more,
  } as BuiltinContext;
}

function call(name: string, operands: Value[], given = context()) {
  const builtin = hostBuiltins.find((one) => one.name === name);
  return builtin?.run(operands, given);
}

describe("rand.intn", () => {
  test("stays below its bound, whatever the sign", () => {
    for (const bound of [1, 2, 7, -7, 2 ** 40]) {
      const drawn = Number(call("rand.intn", ["key", bound]) as Value);
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThan(Math.abs(bound));
    }
    expect(call("rand.intn", ["key", 0])).toBe(0);
  });

  test("one key and one bound draw once a decision", () => {
    let drawn = 0;
    const given = context({
      random: (count) => {
        drawn += 1;
        return new Uint8Array(count).fill(drawn);
      },
    });
    const first = call("rand.intn", ["a", 1_000_003], given);
    expect(call("rand.intn", ["a", 1_000_003], given)).toBe(first);
    expect(call("rand.intn", ["a", -1_000_003], given)).toBe(first);
    expect(call("rand.intn", ["b", 1_000_003], given)).not.toBe(first);
    expect(drawn).toBe(2);
  });

  test("refuses what is no integer", () => {
    expect(() => call("rand.intn", ["a", 1.5])).toThrow(
      "operand 2 must be integer number but got floating-point number",
    );
  });
});

describe("opa.runtime", () => {
  test("has neither credentials nor keys", () => {
    const runtime = fromJs({
      env: { PATH: "/bin" },
      config: {
        services: { acme: { url: "https://a", credentials: { token: "t" } } },
        keys: { k: { key: "s", private_key: "p", algorithm: "RS256" } },
      },
    });
    expect(toRego(call("opa.runtime", [], context({ runtime })) as Value)).toBe(
      '{"config": {"keys": {"k": {"algorithm": "RS256"}}, ' +
        '"services": {"acme": {"url": "https://a"}}}, "env": {"PATH": "/bin"}}',
    );
  });
});

describe("net.lookup_ip_addr", () => {
  const network = { allows: (host: string) => host === "0:0::1" };

  test("asks nobody about a host that is not allowed", () => {
    expect(() =>
      call("net.lookup_ip_addr", ["example.com"], context({ network })),
    ).toThrow("disallowed host: example.com");
  });

  test("an address is its own answer, in its shortest form", () => {
    const found = call("net.lookup_ip_addr", ["0:0::1"], context({ network }));
    expect((found as RegoSet).items).toEqual(["::1"]);
  });

  test("a name is resolved", async () => {
    const open = { allows: () => true };
    const found = await call(
      "net.lookup_ip_addr",
      ["localhost"],
      context({ network: open }),
    );
    expect(found).toBeInstanceOf(RegoSet);
  });
});

describe("Go's URLs", () => {
  test.each([
    ["https://u:p@h:8/a%2Fb?x=%zz#f", "h:8", "/a%2Fb", "x=%zz"],
    ["https://h/a b/é", "h", "/a%20b/%C3%A9", ""],
    ["https://h", "h", "", ""],
    ["https://h/(a)'!*", "h", "/(a)'!*", ""],
    ["https://h/(a b)", "h", "/%28a%20b%29", ""],
  ])("%s", (text, host, escapedPath, rawQuery) => {
    expect(parseGoUrl(text)).toMatchObject({ host, escapedPath, rawQuery });
  });

  test("a broken escape", () => {
    expect(() => parseGoUrl("https://h/%zz")).toThrow(
      'parse "https://h/%zz": invalid URL escape "%zz"',
    );
  });
});
