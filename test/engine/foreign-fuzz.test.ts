import { expect, test } from "vitest";
import {
  type ForeignOptions,
  loadForeignGuard,
  PolicyError,
} from "../../src/engine/index.ts";
import { createRandom, type Random } from "../support/random.ts";
import { rawGuard } from "../support/wat.ts";

// A guard with every kind of control flow, tables, growth and bulk memory.
const original = rawGuard({
  fields: `
    (type $unary (func (param i32) (result i32)))
    (table $t 4 8 funcref) (elem (i32.const 0) $double $sum $parity $switch)
    (global $count (mut i32) (i32.const 0)) (global $far (mut i64) (i64.const -5))
    (data $passive "abc")
    (func $double (param i32) (result i32) local.get 0 i32.const 1 i32.shl)
    (func $sum (param i32) (result i32) (local $total i32)
      (block $out (loop $next (br_if $out (i32.eqz (local.get 0)))
        (local.set $total (i32.add (local.get $total) (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $next)))
      local.get $total)
    (func $parity (param i32) (result i32)
      (if (result i32) (i32.le_s (local.get 0) (i32.const 0)) (then (local.get 0))
        (else (return (call $parity (i32.sub (local.get 0) (i32.const 2)))))))
    (func $switch (param i32) (result i32)
      (block $c (block $b (block $a (br_table $a $b $c (local.get 0)))
        (return (i32.const 10))) (return (i32.const 20)))
      i32.const 30)
    (func $pair (param i32 i32) (result i32 i32) local.get 1 local.get 0)`,
  body: `
    (local $i i32)
    (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 3))
    (memory.copy (i32.const 200) (i32.const 100) (i32.const 3))
    (memory.fill (i32.const 300) (i32.const 7) (i32.const 50))
    (drop (memory.grow (i32.const 1)))
    (loop $l
      (global.set $count (i32.add (global.get $count)
        (call_indirect (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 3)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 20))))
    (call $pair (local.get $i) (i32.const 3)) drop drop
    (i32.store (i32.const 400) (global.get $count))
    (drop (i32.trunc_sat_f64_s (f64.const 1e10)))
    (drop (i64.extend8_s (global.get $far)))`,
  verdict: '{"allowed":false,"reason":"the fuzzed guard"}',
});

const options: ForeignOptions = {
  abi: "raw",
  memoryPages: 16,
  tableElements: 100,
  depth: 50,
};
const limits = { fuel: 50_000, deadlineMs: 60_000 };
const input = new TextEncoder().encode("{}");

/** A copy with some bytes changed, removed, added or moved. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = [...bytes];
  for (let times = 1 + random.below(4); times > 0; times -= 1) {
    // Mostly behind the head, which few changes survive.
    const at = random.below(copy.length - 8) + 8;
    const byte = random.chance(0.5) ? random.below(256) : random.pick(copy);
    const how = random.below(10);
    if (how < 6) {
      copy[at] = byte;
    } else if (how < 8) {
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    } else {
      copy.splice(at, how === 8 ? 1 : 0, ...(how === 8 ? [] : [byte]));
    }
  }
  return Uint8Array.from(copy);
}

test("1,200 mutated modules are refused, or run within their fuel", async () => {
  const random = createRandom(7);
  const met = { refused: 0, ran: 0, failed: 0 };
  for (let turn = 0; turn < 1_200; turn += 1) {
    const bytes = mutate(original, random);
    try {
      const guard = await loadForeignGuard(bytes, options);
      const answer = guard.evaluate(input, limits);
      expect(answer.fuel).toBeLessThanOrEqual(limits.fuel);
      met["error" in answer ? "failed" : "ran"] += 1;
      // It is as good for the next call as it was for this one.
      expect(withoutCause(guard.evaluate(input, limits))).toEqual(
        withoutCause(answer),
      );
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      expect(String(error)).toMatch(/guard_module_error|eval_limit_error/);
      met.refused += 1;
    }
  }
  // The mutations reach all three ends.
  expect(Math.min(met.refused, met.ran, met.failed)).toBeGreaterThan(20);
});

function withoutCause(answer: object) {
  return "error" in answer
    ? { ...answer, error: String(answer.error) }
    : answer;
}

test("each beginning of a module is refused", async () => {
  for (let length = 0; length < original.length; length += 1) {
    await expect(
      loadForeignGuard(original.subarray(0, length), options),
    ).rejects.toThrow("guard_module_error");
  }
});
