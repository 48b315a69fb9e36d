/** OPA's ABI 1.3; docs/abi.md §4. */
const opaExports = [
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
] as const;

/** What our own host uses beside it; docs/abi.md §5. */
const hostExports = [
  "fuel",
  "fuel_tick",
  "max_pages",
  "strict_builtin_errors",
  "portcullis_builtin_error",
  "portcullis_input",
  "portcullis_start",
  "portcullis_evaluate",
  "rt_freeze",
] as const;

/** The exports of a finished module; all others are internal. */
export const abiExports: ReadonlySet<string> = new Set([
  ...opaExports,
  ...hostExports,
]);
