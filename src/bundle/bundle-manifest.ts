import { fromJs, PolicyError, parseJson, toJs } from "../engine/index.ts";
import { Members, type Shown } from "./ordered-json.ts";
import { trimSlashes } from "./trim-slashes.ts";

/** The `.manifest` of a bundle, in OPA's names. */
export type BundleManifest = {
  readonly revision: string;
  /** Without slashes at their ends; the one root `""` is all of `data`. */
  readonly roots: readonly string[];
  readonly wasm: readonly WasmEntry[];
  readonly regoVersion: number | undefined;
  /** Glob pattern of file paths → version. */
  readonly fileRegoVersions: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, unknown>>;
};

type WasmEntry = {
  readonly entrypoint: string;
  readonly module: string;
  /** What metadata says of the rule, in OPA's form. */
  readonly annotations: readonly unknown[];
};

/** What a bundle without a manifest has. */
export const noManifest: BundleManifest = {
  revision: "",
  roots: [""],
  wasm: [],
  regoVersion: undefined,
  fileRegoVersions: {},
  metadata: {},
};

/** Reads a manifest and checks that its roots do not overlap. */
export function parseBundleManifest(text: string): BundleManifest {
  const found = decode(text);
  const roots = texts(found, "roots")?.map(trimSlashes) ?? [""];
  checkOverlap(roots);
  return {
    revision: text1(found, "revision"),
    roots,
    wasm: wasmEntries(found["wasm"]),
    regoVersion: version(found["rego_version"]),
    fileRegoVersions: fileVersions(found["file_rego_versions"]),
    metadata: members(found["metadata"], "metadata"),
  };
}

function decode(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = toJs(parseJson(text));
  } catch (error) {
    const reason = PolicyError.from(error).rawMessage;
    throw fault(/^unexpected end/.test(reason) ? "unexpected EOF" : reason);
  }
  return members(value, "manifest");
}

function members(
  value: unknown,
  name: string,
): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) {
    return {};
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw fault(`\`${name}\` must be an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function text1(found: Readonly<Record<string, unknown>>, key: string): string {
  const value = found[key] ?? "";
  if (typeof value !== "string") {
    throw fault(`\`${key}\` must be a string`);
  }
  return value;
}

function texts(
  found: Readonly<Record<string, unknown>>,
  key: string,
): readonly string[] | undefined {
  const value = found[key] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value) || !value.every((v) => typeof v === "string")) {
    throw fault(`\`${key}\` must be an array of strings`);
  }
  return value;
}

function wasmEntries(value: unknown): readonly WasmEntry[] {
  const entries = value ?? [];
  if (!Array.isArray(entries)) {
    throw fault("`wasm` must be an array");
  }
  return entries.map((entry) => {
    const found = members(entry, "wasm");
    return {
      entrypoint: text1(found, "entrypoint"),
      module: text1(found, "module"),
      annotations: list(found, "annotations"),
    };
  });
}

function list(
  found: Readonly<Record<string, unknown>>,
  key: string,
): readonly unknown[] {
  const value = found[key] ?? [];
  if (!Array.isArray(value)) {
    throw fault(`\`${key}\` must be an array`);
  }
  return value;
}

function version(value: unknown): number | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw fault("a Rego version must be a whole number");
  }
  return value;
}

function fileVersions(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(members(value, "file_rego_versions")).map(
      ([pattern, given]) => [pattern, version(given) ?? 1],
    ),
  );
}

/** A manifest as OPA writes it: in the order of its fields, what is empty left out. */
export function manifestMembers(manifest: BundleManifest): Members {
  const { fileRegoVersions, metadata, regoVersion, revision, roots, wasm } =
    manifest;
  return new Members([
    ["revision", revision],
    ["roots", roots],
    ...unlessEmpty("wasm", wasm, wasm.map(entryMembers)),
    ...(regoVersion === undefined
      ? []
      : [["rego_version", regoVersion] as const]),
    ...unlessEmpty("file_rego_versions", fileRegoVersions),
    ...unlessEmpty("metadata", metadata),
  ]);
}

function entryMembers({ annotations, entrypoint, module }: WasmEntry): Members {
  return new Members([
    ["entrypoint", entrypoint],
    ["module", module],
    ...unlessEmpty("annotations", annotations),
  ]);
}

function unlessEmpty(
  name: string,
  value: object,
  shown: Shown = fromJs(value),
): readonly (readonly [string, Shown])[] {
  return Object.keys(value).length === 0 ? [] : [[name, shown]];
}

function fault(reason: string): PolicyError {
  return new PolicyError(
    "bundle_load_error",
    `bundle load failed on manifest decode: ${reason}`,
  );
}

/** Refuses roots of which one holds another. */
export function checkOverlap(roots: readonly string[]): void {
  for (const [at, root] of roots.entries()) {
    const other = roots.slice(at + 1).find((one) => rootsOverlap(root, one));
    if (other !== undefined) {
      throw new PolicyError(
        "bundle_load_error",
        `manifest has overlapped roots: '${root}' and '${other}'`,
      );
    }
  }
}

/** True when one path holds the other. */
export function rootsOverlap(a: string, b: string): boolean {
  return rootHolds(a, b.split("/")) || rootHolds(b, a.split("/"));
}

/** True when a root holds a path of `data`. */
export function rootHolds(root: string, path: readonly string[]): boolean {
  const parts = root.split("/");
  return root === "" || parts.every((part, at) => path[at] === part);
}
