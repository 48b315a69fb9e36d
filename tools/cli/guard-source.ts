import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type GuardManifest,
  manifestShape,
  moduleFile,
  readSettings,
} from "../../src/bundle/index.ts";
import { PolicyError } from "../../src/engine/index.ts";

/** A module, and its manifest where it lies in a guard's folder. */
export type GuardSource = {
  readonly bytes: Uint8Array;
  readonly manifest: GuardManifest | undefined;
  /** The manifest as it is written. */
  readonly text?: string;
};

/** Reads a module, or a guard's folder with guard.wasm and guard.yaml. */
export function readGuard(path: string): GuardSource {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder) {
    return { bytes: read(path), manifest: undefined };
  }
  const file = join(path, "guard.yaml");
  const text = new TextDecoder().decode(read(file));
  const manifest = readSettings(manifestShape, {
    text,
    file,
    code: "guard_manifest_error",
  });
  return { bytes: read(join(path, moduleFile)), manifest, text };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PolicyError("bundle_load_error", `\`${path}\` cannot be read`, {
      cause,
    });
  }
}
