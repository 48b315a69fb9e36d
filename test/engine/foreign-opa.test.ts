import { describe, expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  compile,
  type ForeignOptions,
  loadForeignGuard,
  loadPolicy,
} from "../../src/engine/index.ts";
import { assemble } from "../support/wat.ts";

const options: ForeignOptions = {
  abi: "opa",
  memoryPages: 64,
  tableElements: 1_000,
  depth: 1_000,
};
const limits = { fuel: 50_000_000, deadlineMs: 60_000 };
const encode = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

const modules = {
  "ext.rego": `package ext

verdict := {"allowed": true} if input.user in data.users

reasons contains sprintf("%s has no %v", [input.user, {role}]) if some role in input.roles

id := uuid.parse(input.id).version

same if time.now_ns() == time.now_ns()
`,
};
const entrypoints = ["ext/verdict", "ext/reasons", "ext/id", "ext/same"];
const data = { users: ["alice", "zoë"] };

function build(): Uint8Array {
  const compiled = compile({
    modules,
    entrypoints,
    builtins: hostBuiltins.map(({ decl, name }) => ({
      name,
      ...(decl && { decl }),
    })),
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return compiled.policy.wasm;
}

const bytes = build();

describe("a module that `portcullis build` makes", () => {
  const inputs = [
    {
      user: "alice",
      roles: ["r", "s"],
      id: "00112233-4455-4677-8899-aabbccddeeff",
    },
    { user: "zoë", roles: [], id: "no id" },
    { user: "mallory" },
    null,
  ];

  test.each(entrypoints)("%s gives what it gives here", async (entrypoint) => {
    const policy = await loadPolicy(bytes, { data, builtins: hostBuiltins });
    const guard = await loadForeignGuard(bytes, {
      ...options,
      entrypoint,
      data: encode(data),
      builtins: hostBuiltins,
    });
    for (const input of inputs) {
      const answer = guard.evaluate(encode(input), limits);
      expect(answer).toMatchObject({ fuel: expect.any(Number), log: [] });
      expect("value" in answer && answer.value).toEqual(
        policy.evaluate(encode(input), { entrypoint }),
      );
    }
  });

  test("of several entrypoints one must be named", async () => {
    await expect(
      loadForeignGuard(bytes, { ...options, builtins: hostBuiltins }),
    ).rejects.toThrow(
      "the module has several entrypoints, of which the manifest names none: `ext/id`, `ext/reasons`, `ext/same`, `ext/verdict`",
    );
    await expect(
      loadForeignGuard(bytes, {
        ...options,
        builtins: hostBuiltins,
        entrypoint: "ext/nothing",
      }),
    ).rejects.toThrow(
      "the module has no entrypoint `ext/nothing`, but `ext/id`, `ext/reasons`",
    );
  });

  test("a builtin that the host does not have is refused by name", async () => {
    await expect(
      loadForeignGuard(bytes, { ...options, entrypoint: "ext/id" }),
    ).rejects.toThrow(
      "the module calls the builtin `uuid.parse`, which no guard is given",
    );
  });

  test("fuel and the deadline hold", async () => {
    const guard = await loadForeignGuard(bytes, {
      ...options,
      entrypoint: "ext/reasons",
      builtins: hostBuiltins,
    });
    const input = encode({
      user: "x",
      roles: Array.from({ length: 1_000 }, (_, at) => `r${at}`),
    });
    for (const [few, error] of [
      [
        { fuel: 10_000, deadlineMs: 60_000 },
        "eval_limit_error: fuel exhausted",
      ],
      [{ fuel: 1e12, deadlineMs: 0 }, "eval_limit_error: deadline exceeded"],
    ] as const) {
      const answer = guard.evaluate(input, few);
      expect("error" in answer && answer.error.message).toBe(error);
    }
    expect(guard.evaluate(input, limits)).toHaveProperty("value");
  });
});

type Fake = {
  /** What `eval` does in front of its 0. */
  readonly body?: string;
  readonly builtins?: string;
  readonly result?: string;
  /** What `opa_json_dump` does before it gives its operand back. */
  readonly dump?: string;
  readonly imports?: string;
  /** Of the ABI before 1.1: the memory is the host's, and is not shown. */
  readonly hidesMemory?: boolean;
};

const text = (at: number, content: string) =>
  `(data (i32.const ${at}) "${content.replaceAll('"', '\\"')}\\00")`;

/** A module with OPA's exports whose values are their own texts. */
function fake({
  body = "",
  builtins = "{}",
  dump = "",
  hidesMemory = false,
  imports = "",
  result = '[{"result": true}]',
}: Fake): Uint8Array {
  return assemble(`(module
    (import "env" "memory" (memory 1))
    (import "env" "opa_abort" (func $abort (param i32)))
    (import "env" "opa_println" (func $print (param i32)))
    (import "env" "opa_builtin0" (func $builtin0 (param i32 i32) (result i32)))
    (import "env" "opa_builtin1" (func $builtin1 (param i32 i32 i32) (result i32)))
    (import "env" "opa_builtin2" (func $builtin2 (param i32 i32 i32 i32) (result i32)))
    ${imports}
    ${hidesMemory ? "" : '(export "memory" (memory 0))'}
    (global $evaluating (mut i32) (i32.const 0))
    ${text(16, builtins)} ${text(256, '{"x": 0}')} ${text(512, result)} ${text(768, "a text")}
    (func (export "builtins") (result i32) i32.const 16)
    (func (export "entrypoints") (result i32) i32.const 256)
    (func (export "opa_malloc") (param i32) (result i32) i32.const 4096)
    (func (export "opa_json_parse") (param i32 i32) (result i32) local.get 0)
    (func (export "opa_json_dump") (param i32) (result i32) ${dump} local.get 0)
    (func (export "opa_eval_ctx_new") (result i32) i32.const 8)
    (func (export "opa_eval_ctx_set_input") (param i32 i32))
    (func (export "opa_eval_ctx_set_data") (param i32 i32))
    (func (export "opa_eval_ctx_set_entrypoint") (param i32 i32))
    (func (export "opa_eval_ctx_get_result") (param i32) (result i32) i32.const 512)
    (func (export "eval") (param i32) (result i32)
      (global.set $evaluating (i32.const 1)) ${body} i32.const 0))`);
}

function load(parts: Fake) {
  return loadForeignGuard(fake(parts), { ...options, builtins: hostBuiltins });
}

async function ask(parts: Fake) {
  return (await load(parts)).evaluate(encode({}), limits);
}

describe("what a module of OPA's ABI does not get away with", () => {
  test("nothing: the plain one has a value", async () => {
    expect(await ask({})).toMatchObject({ value: true });
    expect(await ask({ result: "[]" })).toMatchObject({ value: undefined });
  });

  test("a module that reads JSON only gets sets as arrays", async () => {
    const { log } = await ask({
      builtins: '{"net.cidr_expand": 0}',
      imports: text(800, '"10.0.0.0/31"'),
      body: "(call $print (call $builtin1 (i32.const 0) (i32.const 0) (i32.const 800)))",
    });
    expect(log).toEqual([{ level: 0, text: '["10.0.0.0","10.0.0.1"]' }]);
  });

  test("what a builtin of the host does for it", async () => {
    const one =
      "(drop (call $builtin2 (i32.const 0) (i32.const 0) (i32.const 800) (i32.const 816)))";
    const guard = await load({
      builtins: '{"numbers.range": 0}',
      imports: `${text(800, "1")} ${text(816, "5000")}`,
      body: one.repeat(40),
    });
    const most = guard.evaluate(encode({}), limits);
    expect(most).toHaveProperty("value", true);
    // Each call makes 5,000 numbers and 24 KB of text.
    expect(most.fuel).toBeGreaterThan(40 * 5_000);
    expect(guard.evaluate(encode({}), limits).fuel).toBe(most.fuel);
    const less = { ...limits, fuel: most.fuel - 1 };
    expect(guard.evaluate(encode({}), less)).toMatchObject({
      error: { message: "eval_limit_error: fuel exhausted" },
      fuel: less.fuel,
    });
    const exact = { ...limits, fuel: most.fuel };
    expect(guard.evaluate(encode({}), exact)).toHaveProperty("value", true);
  });

  test("ABI 1.0: the memory is imported and not exported", async () => {
    const { log, ...answer } = await ask({
      hidesMemory: true,
      body: "(call $print (i32.const 768))",
    });
    expect(answer).toMatchObject({ value: true });
    expect(log).toEqual([{ level: 0, text: "a text" }]);
  });

  test("opa_println writes to the log", async () => {
    const { log } = await ask({ body: "(call $print (i32.const 768))" });
    expect(log).toEqual([{ level: 0, text: "a text" }]);
  });

  test.each([
    [
      "an abort",
      { body: "(call $abort (i32.const 768))" },
      "guard_module_error: the module aborted: a text",
    ],
    [
      "an abort beyond its memory",
      { body: "(call $abort (i32.const -5))" },
      "eval_limit_error: its text has more than 4096 bytes",
    ],
    [
      "a failing evaluation",
      { body: "(return (i32.const 3))" },
      "guard_module_error: the module's evaluation fails with 3",
    ],
    [
      "a builtin that it did not name",
      { body: "(drop (call $builtin0 (i32.const 7) (i32.const 0)))" },
      "guard_module_error: the module calls a builtin 7 that it did not name",
    ],
    [
      "C80: a builtin called while the host works for one",
      {
        builtins: '{"upper": 0}',
        body: "(drop (call $builtin1 (i32.const 0) (i32.const 0) (i32.const 768)))",
        dump: `(if (global.get $evaluating) (then
          (drop (call $builtin1 (i32.const 0) (i32.const 0) (i32.const 768)))))`,
      },
      "guard_module_error: the module calls a builtin while its host works for one",
    ],
    [
      "a result that is no result set",
      { result: "7" },
      "guard_verdict_error: the result is no result set",
    ],
    [
      "a result that is no JSON",
      { result: "[{" },
      "guard_verdict_error: the verdict is not JSON",
    ],
  ])("%s", async (_note, parts, error) => {
    const answer = await ask(parts);
    expect("error" in answer && answer.error.message).toBe(error);
  });

  test.each([
    [
      "P2: an import that OPA's ABI does not have",
      {
        imports:
          '(import "env" "opa_builtin5" (func (param i32 i32 i32 i32 i32 i32 i32) (result i32)))',
      },
      "the module imports `env.opa_builtin5`, which no guard is given",
    ],
    [
      "P3: WASI",
      {
        imports:
          '(import "wasi_snapshot_preview1" "path_open" (func (param i32) (result i32)))',
      },
      "the module imports `wasi_snapshot_preview1.path_open`, which no guard is given",
    ],
    [
      "a table of the host's",
      { imports: '(import "env" "table" (table 1 funcref))' },
      "the module imports the table `env.table`",
    ],
    [
      "a builtin that OPA does not have",
      { builtins: '{"shell.run": 0}' },
      "the module calls the builtin `shell.run`, which no guard is given",
    ],
    [
      "names that are no builtins but Rego",
      { builtins: '{"input.x) if data.y; f(1": 0}' },
      "which no guard is given",
    ],
  ])("refused: %s", async (_note, parts, error) => {
    await expect(ask(parts)).rejects.toThrow(error);
  });
});
