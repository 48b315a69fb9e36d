import { expect, test } from "vitest";
import { FunctionBody, i32, op } from "./function-body.ts";
import { printFunctions } from "./print.ts";

test("blocks are indented, things have their names", () => {
  const body = new FunctionBody(1);
  const local = body.local(i32);
  body.block();
  body.get(0).op(op.i32Eqz).brIf(body.depth);
  body.i32Const(-5).call(7).set(local);
  body.get(local).if().globalGet(2).op(op.drop).op(op.else).i64Const(-1n);
  body.op(op.drop).end();
  body.end();
  body.i32Const(1024).i32Const(1).i32Store8();
  body.get(local);
  const one = {
    name: "g0.data.a b",
    parameters: [i32],
    results: [i32],
    body: body.encode(),
  };
  const names = {
    function: (index: number) => `f${index}`,
    global: (index: number) => `g${index}`,
  };
  expect(
    printFunctions([one], names),
  ).toBe(`(func $g0.data.a_b (param i32) (result i32)
  (local i32)
  block
    local.get 0
    i32.eqz
    br_if 0
    i32.const -5
    call $f7
    local.set 1
    local.get 1
    if
      global.get $g2
      drop
    else
      i64.const -1
      drop
    end
  end
  i32.const 1024
  i32.const 1
  i32.store8
  local.get 1)
`);
});
