import { describe, expect, test } from "vitest";
import { meterForeign } from "../../src/engine/index.ts";
import { assemble } from "../support/wat.ts";

// Each is a function `$f` of a number, with what else it needs.
const programs: Readonly<Record<string, string>> = {
  "a loop": `(func $f (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (i32.gt_s (local.get $n) (i32.const 0))))
    local.get $sum)`,
  "loops in a loop, left from the inner ones": `(func $f (param $n i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
    (block $out (loop $a
      (local.set $j (i32.const 0))
      (block $next (loop $b
        (br_if $out (i32.gt_u (local.get $sum) (i32.const 5000)))
        (br_if $next (i32.gt_u (local.get $j) (local.get $i)))
        (local.set $sum (i32.add (local.get $sum) (i32.add (local.get $i) (local.get $j))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (loop $c
          (br_if $b (i32.and (local.get $j) (i32.const 1)))
          (br_if $a (i32.eq (local.get $j) (i32.const 40)))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br $c))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $a (i32.lt_u (local.get $i) (local.get $n)))))
    (i32.add (local.get $sum) (i32.mul (local.get $i) (i32.const 7))))`,
  "br_table out of loops, and back to their heads": `(func $f (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $end (block $ten (loop $a (block $skip (loop $b
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $end (i32.gt_u (local.get $i) (i32.add (local.get $n) (i32.const 60))))
      (br_table $b $skip $a $ten $b $skip (i32.rem_u (i32.mul (local.get $i) (local.get $n)) (i32.const 7)))))
      (local.set $sum (i32.mul (local.get $sum) (i32.const 2)))
      (br $a)))
      (return (i32.add (local.get $sum) (i32.const 10))))
    local.get $sum)`,
  "a loop that leaves a value, and one that takes one": `(func $f (param $n i32) (result i32)
    (loop $l (result i32)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (i32.gt_s (local.get $n) (i32.const 3)))
      (local.get $n))
    (loop $p (param i32) (result i32)
      (i32.add (i32.const 5))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $p (i32.lt_s (local.get $n) (i32.const 9)))))`,
  "returns from loops, in a function that calls itself": `(func $f (param $n i32) (result i32) (local $i i32)
    (if (i32.le_s (local.get $n) (i32.const 0)) (then (return (i32.const 1))))
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 3)))
      (if (i32.gt_s (local.get $i) (local.get $n)) (then
        (return (i32.add (local.get $i) (call $f (i32.sub (local.get $n) (i32.const 2)))))))
      (br $l))
    unreachable)`,
  "several results of a function that calls itself": `(func $pair (param $n i32) (result i32 i32)
      (if (i32.le_s (local.get $n) (i32.const 0)) (then (return (i32.const 1) (i32.const 2))))
      (call $pair (i32.sub (local.get $n) (i32.const 1)))
      (i32.add (local.get $n)))
    (func $f (param i32) (result i32) (call $pair (local.get 0)) i32.mul)`,
  "memory that grows and is moved": `(memory 1 6)
    (func $f (param $n i32) (result i32)
      (memory.fill (i32.const 0) (local.get $n) (i32.const 300))
      (memory.copy (i32.const 100) (i32.const 0) (i32.const 50))
      (i32.add (i32.load8_u (i32.const 120))
        (i32.add (i32.mul (memory.grow (i32.and (local.get $n) (i32.const 7))) (i32.const 1000))
          (i32.mul (memory.size) (i32.const 100000)))))`,
  "a table, by which it calls and which it changes": `(type $t (func (param i32) (result i32)))
    (table $t 3 8 funcref) (elem (i32.const 0) $one $two $one) (elem $more func $two $two)
    (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $two (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $f (param $n i32) (result i32) (local $i i32)
      (drop (table.grow $t (ref.func $two) (i32.const 2)))
      (table.init $t $more (i32.const 1) (i32.const 0) (i32.const 2))
      (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))
      (table.fill $t (i32.const 3) (ref.func $one) (i32.const 1))
      (loop $l
        (local.set $n (call_indirect $t (type $t) (local.get $n) (i32.rem_u (local.get $i) (table.size $t))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 12))))
      local.get $n)`,
};

const limits = { memoryPages: 16, tableElements: 100, depth: 1_000 };

/** Runs `f` for some numbers; each call of the host gives so little fuel that loops ask at nearly every turn. */
function results(bytes: Uint8Array, refill: bigint) {
  return [0, 1, 2, 3, 5, 8, 13, 40].map((n) => {
    const host = {
      tick: (reason: number) => {
        expect(reason).toBe(0);
        const balance = fuel.value as bigint;
        expect(balance).toBeLessThan(0n);
        fuel.value = refill;
        asked += 1;
      },
    };
    let asked = 0;
    const module = new WebAssembly.Module(bytes as BufferSource);
    const { exports } = new WebAssembly.Instance(module, { sandbox: host });
    const fuel = (exports["sandbox:fuel"] ?? {}) as { value: unknown };
    fuel.value = 0n;
    const f = exports["f"] as (n: number) => number;
    return { value: f(n), asked };
  });
}

describe("metered code gives what the same code gives unmetered", () => {
  test.each(Object.entries(programs))("%s", (_note, fields) => {
    const bytes = assemble(`(module ${fields} (export "f" (func $f)))`);
    const values = (of: ReturnType<typeof results>) =>
      of.map(({ value }) => value);
    const plain = results(bytes, 0n);
    const metered = meterForeign(bytes, limits);
    for (const refill of [0n, 1n, 30n, 1_000_000n]) {
      expect(values(results(metered, refill))).toEqual(values(plain));
    }
    expect(results(metered, 0n).at(-1)?.asked).toBeGreaterThan(0);
  });
});
