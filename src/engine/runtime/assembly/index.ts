// The module's exports; docs/abi.md says what each is for.
export * from "./abi";
export { fuel, fuel_tick, rt_fuel_out } from "./fuel";
export { max_pages } from "./memory";
export {
  portcullis_builtin_error,
  rt_abort,
  rt_builtin_failed,
  strict_builtin_errors,
} from "./builtin-error";
export { rt_compare, rt_equal } from "./compare";
export {
  rt_array,
  rt_array_append,
  rt_dot,
  rt_dot_document,
  rt_dot_string,
  rt_key_at,
  rt_len,
  rt_scan_prepare,
  rt_size,
  rt_type_of,
  rt_value_at,
} from "./dot";
export { rt_memo_get, rt_memo_pop, rt_memo_push, rt_memo_set } from "./memo";
export { rt_number } from "./number";
export {
  rt_object,
  rt_object_insert,
  rt_object_insert_once,
  rt_object_merge,
  rt_object_merge_once,
} from "./object";
export { rt_set, rt_set_add } from "./set";
export { rt_upsert } from "./upsert";
export * from "./builtins/index";
export * from "./builtins/constant-patterns";

export * from "./evaluate";

/** The end of the runtime's static data: the policy's constants may follow. */
export function rt_static_end(): usize {
  return __heap_base;
}
