import wabt from "wabt";

const features = {
  bulk_memory: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
};

const { parseWat } = await wabt();

/** The binary form of a module in WebAssembly's text format; nothing checks that it is valid. */
export function assemble(
  text: string,
  more: Readonly<Record<string, boolean>> = {},
): Uint8Array {
  const module = parseWat("module.wat", text, { ...features, ...more });
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

/** Bytes of a text's characters, as a data segment has them. */
const quoted = (text: string) =>
  [...new TextEncoder().encode(text)]
    .map((byte) => `\\${byte.toString(16).padStart(2, "0")}`)
    .join("");

type RawGuardParts = {
  /** Imports, globals, functions. */
  readonly fields?: string;
  /** What `guard_evaluate` does in front of its verdict; it may leave nothing on the stack. */
  readonly body?: string;
  readonly verdict?: string;
  readonly pages?: number;
};

/**
 * A module of the raw guard ABI: the input lies at 4096, the verdict at 16.
 * In `body` the locals `$at` and `$length` are the input's place.
 */
export function rawGuard({
  fields = "",
  body = "",
  verdict = "true",
  pages = 1,
}: RawGuardParts): Uint8Array {
  const length = new TextEncoder().encode(verdict).length;
  return assemble(`(module
    ${fields}
    (memory (export "memory") ${pages})
    (data (i32.const 16) "${quoted(verdict)}")
    (func (export "guard_abi_version") (result i32) i32.const 1)
    (func (export "guard_alloc") (param i32) (result i32) i32.const 4096)
    (func (export "guard_evaluate") (param $at i32) (param $length i32) (result i64)
      ${body}
      i64.const ${(16n << 32n) | BigInt(length)}))`);
}
