import { isDocument } from "./document.ts";
import { fault } from "./fault.ts";
import { parseDocument } from "./read-document.ts";

/** Where a delta bundle says what changes. */
export const patchFile = "patch.json";

/** One change of data, as a delta bundle has it. */
export type PatchOperation = {
  readonly op: string;
  /** A JSON pointer below `data`. */
  readonly path: string;
  readonly value: unknown;
};

/** Reads a `patch.json`. */
export function parsePatch(text: string): readonly PatchOperation[] {
  const patch = parseDocument(text, patchFile);
  const operations = isDocument(patch) ? (patch["data"] ?? []) : undefined;
  if (!Array.isArray(operations)) {
    throw fault("bundle load failed on patch decode: `data` must be an array");
  }
  return operations.map((operation: unknown) => {
    const {
      op = "",
      path = "",
      value = null,
    } = isDocument(operation) ? operation : {};
    if (typeof op !== "string" || typeof path !== "string") {
      throw fault(
        "bundle load failed on patch decode: `op` and `path` must be strings",
      );
    }
    return { op, path, value };
  });
}

/** Refuses a delta bundle that holds more than its patch, in OPA's words. */
export function checkPatchAlone(
  has: Readonly<Record<"data" | "policy" | "wasm", boolean>>,
): void {
  const found = (["data", "policy", "wasm"] as const).find((kind) => has[kind]);
  if (found !== undefined) {
    throw fault(
      `delta bundle expected to contain only patch file but ${found} files found`,
    );
  }
}
