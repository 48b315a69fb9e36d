import { clearError, rt_abort } from "./builtin-error";
import { startBuiltins } from "./builtins/start";
import { resetDepth } from "./compare";
import { policy_eval } from "./env";
import { dumpText } from "./json-dump";
import { parseProjected } from "./json-parse";
import { parseRego } from "./rego-parse";
import { memoReset } from "./memo";
import { headerWord, setHeapTop } from "./memory";
import { content, TRUE, UNDEFINED, Value } from "./value";

let dataRoot: Value = UNDEFINED;

export function eval(ctx: usize): i32 {
  portcullis_start(load<u32>(ctx), load<u32>(ctx, 4));
  store<u32>(ctx, portcullis_evaluate(load<i32>(ctx, 8)), 12);
  return 0;
}

/** One evaluation: input text in, NUL-terminated result text out. */
export function opa_eval(
  _reserved: usize,
  entrypoint: i32,
  data: Value,
  input: usize,
  inputLength: u32,
  heap: usize,
  format: i32,
): usize {
  setHeapTop(heap);
  let document: Value = UNDEFINED;
  if (inputLength > 0) {
    document =
      format == 1 ? parseRego(input, inputLength) : portcullis_input(input, inputLength);
    if (document == UNDEFINED) rejectInput();
  }
  portcullis_start(document, data);
  return content(dumpText(portcullis_evaluate(entrypoint), format == 1));
}

const INPUT_TEXT = memory.data<u8>([
  101, 118, 97, 108, 95, 105, 110, 112, 117, 116, 95, 101, 114, 114, 111, 114, 58, 32,
  116, 104, 101, 32, 105, 110, 112, 117, 116, 32, 105, 115, 32, 110, 111, 116, 32,
  111, 110, 101, 32, 74, 83, 79, 78, 32, 100, 111, 99, 117, 109, 101, 110, 116, 0,
]);

function rejectInput(): void {
  rt_abort(INPUT_TEXT);
}

/** Reads an input document as far as the policy can read it. */
export function portcullis_input(ptr: usize, length: u32): Value {
  const projection = headerWord(4);
  return parseProjected(ptr, length, projection == 0 ? TRUE : projection);
}

let currentInput: Value = UNDEFINED;

export function portcullis_start(input: Value, data: Value): void {
  currentInput = input;
  dataRoot = data;
  clearError();
  resetDepth();
  memoReset();
  startBuiltins();
}

export function portcullis_evaluate(entrypoint: i32): Value {
  resetDepth();
  return policy_eval(entrypoint, currentInput, dataRoot);
}

