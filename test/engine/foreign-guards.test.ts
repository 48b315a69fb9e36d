import { describe, expect, test } from "vitest";
import {
  type ForeignOptions,
  loadForeignGuard,
} from "../../src/engine/index.ts";
import { assemble, rawGuard } from "../support/wat.ts";

const options: ForeignOptions = {
  abi: "raw",
  memoryPages: 4,
  tableElements: 16,
  depth: 100,
};
// Fuel ends what would go on for ever long before this deadline.
const limits = { fuel: 1_000_000, deadlineMs: 60_000 };
const input = new TextEncoder().encode('{"user":"alice"}');

async function ask(bytes: Uint8Array, more: Partial<ForeignOptions> = {}) {
  const guard = await loadForeignGuard(bytes, { ...options, ...more });
  return guard.evaluate(input, limits);
}

describe("what a raw guard may do", () => {
  test.each([
    ["true", true],
    ["false", false],
    [
      '{"allowed":false,"reason":"no \\u00fc"}',
      { allowed: false, reason: "no ü" },
    ],
    ["[]", []],
    ["12345678901234567890", 12345678901234567890n],
  ])("its verdict is %s", async (verdict, value) => {
    expect(await ask(rawGuard({ verdict }))).toMatchObject({ value });
  });

  test("it reads its input", async () => {
    // The verdict is the input.
    const echo = rawGuard({
      body: `local.get $at i64.extend_i32_u i64.const 32 i64.shl
             local.get $length i64.extend_i32_u i64.or return`,
    });
    expect(await ask(echo)).toMatchObject({ value: { user: "alice" } });
  });

  test("fuel counts instructions, and a loop's turns", async () => {
    const guard = (turns: number) =>
      rawGuard({
        fields: "(global $i (mut i32) (i32.const 0))",
        body: `(loop $l global.get $i i32.const 1 i32.add global.set $i
          global.get $i i32.const ${turns} i32.lt_u br_if $l)`,
      });
    const ten = await ask(guard(10));
    const hundred = await ask(guard(110));
    expect(hundred.fuel - ten.fuel).toBe(100 * 8);
    const again = await ask(guard(10));
    expect(again.fuel).toBe(ten.fuel);
  });
});

const counter = "(global $i (mut i32) (i32.const 0))";

describe("P1, P2, P3, C80: what a guard does not get away with", () => {
  const exhausted = /eval_limit_error: fuel exhausted/;

  test.each([
    ["an infinite loop", { body: "(loop $l br $l)" }, exhausted],
    [
      "an empty loop in a block that is never left",
      { body: "(block $b (loop $l (block (br $l))))" },
      exhausted,
    ],
    [
      "loops in loops",
      {
        fields: counter,
        body: `(loop $a (loop $b (loop $c global.get $i i32.const 1 i32.add
          global.set $i global.get $i br_if $c) br $b) br $a)`,
      },
      exhausted,
    ],
    [
      "calls that double at each step",
      {
        fields: Array.from({ length: 40 }, (_, at) =>
          at === 0
            ? "(func $f0)"
            : `(func $f${at} call $f${at - 1} call $f${at - 1})`,
        ).join("\n"),
        body: "call $f39",
      },
      exhausted,
    ],
    [
      "memory filled without end",
      {
        body: `(loop $l i32.const 0 i32.const 1 i32.const 65536 memory.fill br $l)`,
      },
      exhausted,
    ],
    [
      "one filling that is longer than the fuel",
      { body: "i32.const 0 i32.const 1 i32.const -1 memory.fill" },
      exhausted,
    ],
    [
      "recursion",
      { fields: "(func $f call $f)", body: "call $f" },
      /eval_limit_error: more than 100 recursive calls/,
    ],
    [
      "recursion of two, with values on the stack",
      {
        fields: `(func $even (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
          (func $odd (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (call $even (i32.sub (local.get 0) (i32.const 1))))`,
        body: "i32.const 1000 call $even drop",
      },
      /more than 100 recursive calls/,
    ],
    [
      "recursion through a table",
      {
        fields: `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
          (func $f i32.const 0 call_indirect (type $t))`,
        body: "call $f",
      },
      /more than 100 recursive calls/,
    ],
    [
      "a memory bomb",
      { body: "(loop $l i32.const 1 memory.grow drop br $l)" },
      /eval_limit_error: memory limit exceeded/,
    ],
    [
      "memory for more than there is",
      { body: "i32.const -1 memory.grow drop" },
      /eval_limit_error: (memory limit exceeded|fuel exhausted)/,
    ],
    [
      "a table that grows",
      {
        fields: "(table $t 1 funcref)",
        body: "(loop $l ref.null func i32.const 1 table.grow $t drop br $l)",
      },
      /eval_limit_error: table limit exceeded/,
    ],
    [
      "unreachable",
      { body: "unreachable" },
      /guard_module_error: the module trapped: unreachable/,
    ],
    [
      "a division by zero",
      { body: "i32.const 1 i32.const 0 i32.div_s drop" },
      /the module trapped: divide by zero/,
    ],
    [
      "a call through an empty table",
      {
        fields: "(type $t (func)) (table 1 funcref)",
        body: "i32.const 0 call_indirect (type $t)",
      },
      /the module trapped/,
    ],
    [
      "reading beyond its memory",
      { body: "i32.const 65533 i32.load drop" },
      /the module trapped: memory access out of bounds/,
    ],
    ["no JSON", { verdict: "{allowed}" }, /guard_verdict_error: .*not JSON/],
    ["nothing at all", { verdict: "" }, /guard_verdict_error: .*not JSON/],
    [
      "P2: evaluate returns 7",
      { body: "i64.const 7 return" },
      /guard_verdict_error: the verdict is not JSON/,
    ],
    [
      "P2: evaluate returns -1",
      { body: "i64.const -1 return" },
      /eval_limit_error: the verdict has more than 65536 bytes/,
    ],
    [
      "a huge verdict",
      { body: "i64.const 0x10000001 return", pages: 4 },
      /the verdict has more than 65536 bytes/,
    ],
    [
      "a verdict beyond its memory",
      { body: "i64.const 0xfff0000000ff return" },
      /guard_module_error: the verdict lies outside the module's memory/,
    ],
    [
      "a verdict that is not UTF-8",
      {
        body: "i32.const 16 i32.const 0xff i32.store8",
      },
      /guard_module_error: the verdict is not UTF-8/,
    ],
    [
      "a verdict that is nested without end",
      { verdict: "[".repeat(60_000), pages: 2 },
      /guard_verdict_error/,
    ],
  ])("%s", async (_note, parts, error) => {
    const bytes = rawGuard(parts);
    const guard = await loadForeignGuard(bytes, options);
    const answer = guard.evaluate(input, limits);
    expect("error" in answer && answer.error.message).toMatch(error);
    expect(answer.fuel).toBeLessThanOrEqual(limits.fuel);
    // The next call finds the guard as the first did.
    expect(guard.evaluate(input, limits)).toEqual(answer);
  });

  test("room for the input beyond its memory", async () => {
    const bytes = assemble(`(module (memory (export "memory") 1)
      (func (export "guard_abi_version") (result i32) i32.const 1)
      (func (export "guard_alloc") (param i32) (result i32) i32.const 65530)
      (func (export "guard_evaluate") (param i32 i32) (result i64) i64.const 0))`);
    const answer = await ask(bytes);
    expect("error" in answer && answer.error.message).toMatch(
      /the room for the input lies outside the module's memory/,
    );
  });

  test("a deadline ends what has fuel without end", async () => {
    const bytes = rawGuard({ body: "(loop $l br $l)" });
    const guard = await loadForeignGuard(bytes, options);
    const answer = guard.evaluate(input, { fuel: 1e15, deadlineMs: 1 });
    expect("error" in answer && answer.error.message).toBe(
      "eval_limit_error: deadline exceeded",
    );
  });

  test.each([
    [
      "fd_write",
      "wasi_snapshot_preview1",
      "(param i32 i32 i32 i32) (result i32)",
    ],
    ["open", "env", "(param i32) (result i32)"],
    ["tick", "sandbox", "(param i32)"],
    ["toString", "portcullis", ""],
  ])("P3: the import %s is refused by name", async (name, module, type) => {
    const fields = `(import "${module}" "${name}" (func ${type}))`;
    await expect(ask(rawGuard({ fields }))).rejects.toThrow(
      `guard_module_error: the module imports \`${module}.${name}\`, which no guard is given`,
    );
  });

  test("an import that its manifest does not name is refused", async () => {
    const fields = '(import "portcullis" "now" (func (result i64)))';
    await expect(ask(rawGuard({ fields }))).rejects.toThrow(
      "the module imports `portcullis.now`, which its manifest does not name",
    );
  });

  test("an import of another type is refused", async () => {
    const fields = '(import "portcullis" "now" (func (result i32)))';
    await expect(
      ask(rawGuard({ fields }), { imports: ["now"] }),
    ).rejects.toThrow(
      "the import `portcullis.now` is () -> (i32) and must be () -> (i64)",
    );
  });

  test.each([
    [
      "no memory",
      '(func (export "guard_abi_version") (result i32) i32.const 1)',
      "the module does not export its `memory`",
    ],
    [
      "P2: no evaluate",
      `(memory (export "memory") 1)
       (func (export "guard_abi_version") (result i32) i32.const 1)
       (func (export "guard_alloc") (param i32) (result i32) i32.const 0)`,
      "the module does not export the function `guard_evaluate`",
    ],
    [
      "evaluate of another type",
      `(memory (export "memory") 1)
       (func (export "guard_abi_version") (result i32) i32.const 1)
       (func (export "guard_alloc") (param i32) (result i32) i32.const 0)
       (func (export "guard_evaluate") (param i32 i32) (result i32) i32.const 0)`,
      "the export `guard_evaluate` is (i32, i32) -> (i32) and must be (i32, i32) -> (i64)",
    ],
    [
      "an export with a name of the sandbox",
      `(memory (export "memory") 1) (global (export "sandbox:fuel") (mut i64) (i64.const 9))
       (func (export "guard_abi_version") (result i32) i32.const 1)
       (func (export "guard_alloc") (param i32) (result i32) i32.const 0)
       (func (export "guard_evaluate") (param i32 i32) (result i64) i64.const 0)`,
      "the export `sandbox:fuel` has a name of ours",
    ],
    [
      "more memory than it may have",
      `(memory (export "memory") 5)
       (func (export "guard_abi_version") (result i32) i32.const 1)
       (func (export "guard_alloc") (param i32) (result i32) i32.const 0)
       (func (export "guard_evaluate") (param i32 i32) (result i64) i64.const 0)`,
      "the module begins with 5 pages of memory and may have 4",
    ],
    [
      "code that the engine finds ill-typed",
      `(memory (export "memory") 1)
       (func (export "guard_abi_version") (result i32) i64.const 1)
       (func (export "guard_alloc") (param i32) (result i32) i32.const 0)
       (func (export "guard_evaluate") (param i32 i32) (result i64) i64.const 0)`,
      "the module is not valid",
    ],
  ])("refused: %s", async (_note, fields, error) => {
    await expect(ask(assemble(`(module ${fields})`))).rejects.toThrow(error);
  });

  test("P6: a module that is too large is refused", async () => {
    await expect(ask(new Uint8Array((4 << 20) + 1))).rejects.toThrow(
      "the module has 4194305 bytes and may have 4194304",
    );
  });

  test("an ABI of another version", async () => {
    const bytes = assemble(`(module (memory (export "memory") 1)
      (func (export "guard_abi_version") (result i32) i32.const 2)
      (func (export "guard_alloc") (param i32) (result i32) i32.const 0)
      (func (export "guard_evaluate") (param i32 i32) (result i64) i64.const 0))`);
    await expect(ask(bytes)).rejects.toThrow(
      "the module speaks version 2 of the guard ABI, not 1",
    );
  });

  test("a start function that does not end", async () => {
    const bytes = rawGuard({ fields: "(func $s (loop $l br $l)) (start $s)" });
    await expect(ask(bytes)).rejects.toThrow(
      "eval_limit_error: fuel exhausted before the first call",
    );
  });
});

describe("P4: nothing of a call is there in the next", () => {
  // Each answers whether what it changes is as it was.
  test.each([
    [
      "a global",
      {
        fields: `${counter} (data (i32.const 32) "false")`,
        body: `(if (global.get $i) (then (return (i64.const 0x2000000005))))
          (global.set $i (i32.const 1))`,
      },
    ],
    [
      "memory, up to its last byte",
      {
        fields: '(data (i32.const 32) "false")',
        body: `(if (i32.load8_u (i32.const 65535)) (then (return (i64.const 0x2000000005))))
          (i32.store8 (i32.const 65535) (i32.const 1))`,
      },
    ],
    [
      "memory that it grew, and its size",
      {
        fields: '(data (i32.const 32) "false")',
        body: `(if (i32.ne (memory.size) (i32.const 1)) (then (return (i64.const 0x2000000005))))
          (drop (memory.grow (i32.const 1)))
          (if (i32.load8_u (i32.const 70000)) (then (return (i64.const 0x2000000005))))
          (i32.store8 (i32.const 70000) (i32.const 1))`,
      },
    ],
    [
      "data that it overwrote",
      {
        fields: '(data (i32.const 32) "false")',
        body: `(if (i32.ne (i32.load8_u (i32.const 33)) (i32.const 97)) (then (return (i64.const 0x2000000005))))
          (i32.store8 (i32.const 33) (i32.const 98))`,
      },
    ],
    [
      "a table's element",
      {
        fields: `(data (i32.const 32) "false") (table $t 1 funcref)
          (func $f) (elem declare func $f)`,
        body: `(if (i32.eqz (ref.is_null (table.get $t (i32.const 0)))) (then (return (i64.const 0x2000000005))))
          (table.set $t (i32.const 0) (ref.func $f))`,
      },
    ],
    [
      "a segment that it dropped",
      {
        fields: '(data $d "x") (data (i32.const 32) "false")',
        body: `(memory.init $d (i32.const 100) (i32.const 0) (i32.const 1)) (data.drop $d)`,
      },
    ],
  ])("%s", async (_note, parts) => {
    const guard = await loadForeignGuard(rawGuard(parts), options);
    const first = guard.evaluate(input, limits);
    expect(first).toMatchObject({ value: true });
    expect(guard.evaluate(input, limits)).toEqual(first);
    expect(guard.evaluate(input, limits)).toEqual(first);
  });
});

describe("the host's functions", () => {
  const config = {
    fields: `(import "portcullis" "config" (func $config (param i32 i32 i32 i32) (result i32)))
      (data (i32.const 64) "mode")`,
    body: `(local $n i32)
      (local.set $n (call $config (i32.const 64) (i32.const 4) (i32.const 100) (i32.const 50)))
      (if (i32.gt_s (local.get $n) (i32.const 0)) (then (return (i64.or
        (i64.shl (i64.const 100) (i64.const 32)) (i64.extend_i32_u (local.get $n))))))`,
  };

  test.each([
    ["a value", { mode: '"strict"' }, "strict"],
    ["no such key", {}, true],
    ["a key of every object", { toString: "1" }, true],
  ])("config: %s", async (_note, given, value) => {
    const answer = await ask(rawGuard(config), {
      imports: ["config"],
      config: given,
    });
    expect(answer).toMatchObject({ value });
  });

  test("config: a value that does not fit is not written, its length is told", async () => {
    const answer = await ask(rawGuard(config), {
      imports: ["config"],
      config: { mode: "1".repeat(60) },
    });
    // The verdict is then what lies there: zeros.
    expect("error" in answer && answer.error.message).toMatch(/not JSON/);
  });

  test("log: lines with their levels, cut and counted", async () => {
    const bytes = rawGuard({
      fields: `(import "portcullis" "log" (func $log (param i32 i32 i32)))
        (data (i32.const 64) "hello") ${counter}`,
      body: `(call $log (i32.const 2) (i32.const 64) (i32.const 5))
        (call $log (i32.const 1) (i32.const 64) (i32.const 9999))
        (loop $l (call $log (i32.const 0) (i32.const 64) (i32.const 1))
          (global.set $i (i32.add (global.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (global.get $i) (i32.const 300))))`,
    });
    const { log } = await ask(bytes, { imports: ["log"] });
    expect(log.slice(0, 3)).toEqual([
      { level: 2, text: "hello" },
      { level: 1, text: expect.stringMatching(/^hello\0[\s\S]{4090}$/) },
      { level: 0, text: "h" },
    ]);
    expect(log).toHaveLength(256);
  });

  test("log: text beyond its memory", async () => {
    const bytes = rawGuard({
      fields: '(import "portcullis" "log" (func $log (param i32 i32 i32)))',
      body: "(call $log (i32.const 2) (i32.const 65535) (i32.const 2))",
    });
    const answer = await ask(bytes, { imports: ["log"] });
    expect("error" in answer && answer.error.message).toMatch(
      /a line of the log lies outside the module's memory/,
    );
  });

  test("now: nanoseconds, one time for a call", async () => {
    let time = 5n;
    const clock = () => {
      time += 1n;
      return time;
    };
    const bytes = rawGuard({
      fields: '(import "portcullis" "now" (func $now (result i64)))',
      body: `(if (i64.ne (call $now) (call $now)) (then unreachable))
        (i64.store8 (i32.const 16) (i64.add (call $now) (i64.const 48)))
        (return (i64.const 0x1000000001))`,
    });
    const guard = await loadForeignGuard(bytes, {
      ...options,
      imports: ["now"],
      surroundings: { clock },
    });
    expect(guard.evaluate(input, limits)).toMatchObject({ value: 6 });
    expect(guard.evaluate(input, limits)).toMatchObject({ value: 7 });
  });

  test("C80: a start function cannot call the host", async () => {
    const bytes = rawGuard({
      fields: `(import "portcullis" "log" (func $log (param i32 i32 i32)))
        (func $s (call $log (i32.const 2) (i32.const 0) (i32.const 2))) (start $s)`,
    });
    await expect(ask(bytes, { imports: ["log"] })).rejects.toThrow(
      "the module calls its host before its first call",
    );
  });
});
