import {
  opa_builtin0,
  opa_builtin1,
  opa_builtin2,
  opa_builtin3,
  opa_builtin4,
} from "./env";
import { dumpText, rt_freeze } from "./json-dump";
import { parseJson } from "./json-parse";
import { parseRego } from "./rego-parse";
import { alloc, headerWord, heapTop, setHeapTop } from "./memory";
import { typeOf, content, TYPE_ARRAY, Value } from "./value";
import { removePath, rt_upsert } from "./upsert";

// OPA's ABI 1.3, then what our own host calls; docs/abi.md lists both.

export function builtins(): Value {
  return headerWord(1);
}
export function entrypoints(): Value {
  return headerWord(2);
}

export function opa_malloc(size: usize): usize {
  return alloc(size);
}
// A bump arena frees by the heap pointer alone.
export function opa_free(_ptr: usize): void {}
export function opa_value_free(_v: Value): void {}
export function opa_heap_blocks_stash(): void {}
export function opa_heap_blocks_restore(): void {}
export function opa_heap_stash_clear(): void {}
export function opa_heap_ptr_get(): usize {
  return heapTop();
}
export function opa_heap_ptr_set(ptr: usize): void {
  setHeapTop(ptr);
}

export function opa_json_parse(ptr: usize, length: u32): Value {
  return parseJson(ptr, length);
}
export function opa_value_parse(ptr: usize, length: u32): Value {
  return parseRego(ptr, length);
}
/** The address of NUL-terminated text. */
export function opa_json_dump(v: Value): usize {
  return content(dumpText(v, false));
}
export function opa_value_dump(v: Value): usize {
  return content(dumpText(v, true));
}

// Status 0, or 2 for a path that is no array.
export function opa_value_add_path(base: Value, path: Value, value: Value): i32 {
  if (typeOf(path) != TYPE_ARRAY) return 2;
  replaceInPlace(base, rt_upsert(base, path, value));
  return 0;
}
export function opa_value_remove_path(base: Value, path: Value): i32 {
  if (typeOf(path) != TYPE_ARRAY) return 2;
  replaceInPlace(base, removePath(base, path, 0));
  return 0;
}

/** Callers keep the address of the document: its header takes the new content. */
function replaceInPlace(base: Value, changed: Value): void {
  if (changed != base && changed > 15 && !(changed & 1)) memory.copy(base, changed, 16);
}

// An evaluation context: +0 input, +4 data, +8 entrypoint, +12 result.
export function opa_eval_ctx_new(): usize {
  const ctx = alloc(16);
  memory.fill(ctx, 0, 16);
  return ctx;
}
export function opa_eval_ctx_set_input(ctx: usize, v: Value): void {
  store<u32>(ctx, v);
}
export function opa_eval_ctx_set_data(ctx: usize, v: Value): void {
  store<u32>(ctx, v, 4);
}
export function opa_eval_ctx_set_entrypoint(ctx: usize, id: i32): void {
  store<i32>(ctx, id, 8);
}
export function opa_eval_ctx_get_result(ctx: usize): Value {
  return load<u32>(ctx, 12);
}

export function rt_host_builtin(id: i32, argc: i32, place: usize, a: Value, b: Value, c: Value, d: Value): Value {
  switch (argc) {
    case 0:
      return opa_builtin0(id, place);
    case 1:
      return opa_builtin1(id, place, a);
    case 2:
      return opa_builtin2(id, place, a, b);
    case 3:
      return opa_builtin3(id, place, a, b, c);
    default:
      return opa_builtin4(id, place, a, b, c, d);
  }
}

export { rt_freeze };
