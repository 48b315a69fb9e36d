import { Instance } from "./instance.ts";
import { meterOf } from "./meter.ts";

/**
 * The base document as it lies in the memory of a module: made once, wherever it
 * does not disturb, and copied into every instance of the same module.
 */
export type DataImage = {
  /** The address of its first byte: where a fresh instance's heap begins. */
  readonly base: number;
  readonly bytes: Uint8Array;
  /** The document's own address. */
  readonly value: number;
};

/** Reads a document of UTF-8 JSON into a fresh instance and takes what came of it. */
export function createDataImage(
  module: WebAssembly.Module,
  json: Uint8Array,
): DataImage {
  const instance = Instance.create(module, {
    callBuiltin: () => 0,
    onEvent: () => {},
    onValue: () => {},
    onBuiltinError: () => {},
  });
  const base = instance.exports.opa_heap_ptr_get();
  const value = instance.run(meterOf({}), () => instance.readDocument(json));
  const end = instance.exports.opa_heap_ptr_get();
  return { base, value, bytes: instance.bytes(base, end - base) };
}

// Some hundred microseconds' worth of copying into pages that are touched first.
const sliceBytes = 1 << 18;

/** Copies an image into a fresh instance, with a pause after every slice. */
export async function placeDataImage(
  instance: Instance,
  { base, bytes }: DataImage,
  pause: () => Promise<void>,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    instance.write(base + at, bytes.subarray(at, at + sliceBytes));
    await pause();
  }
}
