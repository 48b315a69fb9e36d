import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/engine/index.ts";

// What the module of genuine `opa build -t wasm` exports (OPA 1.20.1, ABI 1.3).
const genuine = [
  "memory",
  "eval",
  "builtins",
  "entrypoints",
  "opa_eval",
  "opa_eval_ctx_new",
  "opa_eval_ctx_set_input",
  "opa_eval_ctx_set_data",
  "opa_eval_ctx_set_entrypoint",
  "opa_eval_ctx_get_result",
  "opa_malloc",
  "opa_free",
  "opa_value_free",
  "opa_json_parse",
  "opa_value_parse",
  "opa_json_dump",
  "opa_value_dump",
  "opa_heap_ptr_get",
  "opa_heap_ptr_set",
  "opa_heap_blocks_stash",
  "opa_heap_blocks_restore",
  "opa_heap_stash_clear",
  "opa_value_add_path",
  "opa_value_remove_path",
  "opa_wasm_abi_version",
  "opa_wasm_abi_minor_version",
];

describe("the module's face", () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    const compiled = compile({ modules: {}, query: "x = input.a" });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    module = await WebAssembly.compile(compiled.policy.wasm as BufferSource);
  });

  test("exports what a genuine module exports", () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(genuine));
  });

  test("imports nothing but what every OPA host gives", () => {
    const imports = WebAssembly.Module.imports(module).map(
      ({ module: from, name }) => `${from}.${name}`,
    );
    const given = [
      "env.memory",
      "env.opa_abort",
      "env.opa_println",
      ...[0, 1, 2, 3, 4].map((arity) => `env.opa_builtin${arity}`),
    ];
    expect(given).toEqual(expect.arrayContaining(imports));
  });
});
