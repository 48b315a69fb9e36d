import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { fromJs, type RegoObject, toGoJson } from "../engine/index.ts";
import type { BundleFile } from "./archive.ts";
import { type BundleManifest, manifestMembers } from "./bundle-manifest.ts";
import { compactJson, Members } from "./ordered-json.ts";
import type { PatchOperation } from "./patch.ts";

/** What goes into a bundle. */
export type BundleParts = {
  readonly manifest: BundleManifest;
  readonly data: RegoObject;
  /** Path in the bundle → Rego text, in their order. */
  readonly modules: readonly (readonly [path: string, text: string])[];
  /** Compiled modules and plans by their path in the bundle. */
  readonly compiled?: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** Of a delta bundle: what changes; it has nothing else then but a manifest. */
  readonly patch?: readonly PatchOperation[] | undefined;
  /** Files that OPA passes over: the guards' manifests, their order, and the guards that were compiled elsewhere. */
  readonly others?: readonly (readonly [
    path: string,
    content: string | Uint8Array,
  ])[];
};

// A file's owner and time are no part of a bundle: one tree, one archive.
const header = { mode: 0o600, uid: 0, gid: 0, mtime: new Date(0) };
// In a gzip header: by which system it was packed. 255 is unknown.
const systemByte = 9;

/** The files of a bundle, in the order that OPA writes them; signatures come behind. */
export function bundleFiles(parts: BundleParts): readonly BundleFile[] {
  const { compiled = [], others = [], patch } = parts;
  const manifest = `${compactJson(manifestMembers(parts.manifest))}\n`;
  if (patch) {
    return [
      file("/patch.json", `${patchJson(patch)}\n`),
      file("/.manifest", manifest),
    ];
  }
  return [
    file("/data.json", `${toGoJson(parts.data)}\n`),
    ...parts.modules.map(([path, text]) => file(path, text)),
    ...others.map(([path, content]) => file(path, content)),
    ...compiled.map(([path, bytes]) => file(path, bytes)),
    file("/.manifest", manifest),
  ];
}

function patchJson(patch: readonly PatchOperation[]): string {
  const data = patch.map(
    ({ op, path, value }) =>
      new Members([
        ["op", op],
        ["path", path],
        ["value", fromJs(value)],
      ]),
  );
  return compactJson(new Members([["data", data]]));
}

/** The same files as a gzipped tar; the same bytes for the same files. */
export async function writeArchive(
  files: readonly BundleFile[],
): Promise<Uint8Array> {
  const tar = pack();
  for (const { path, bytes } of files) {
    tar.entry({ ...header, name: path }, Buffer.from(bytes));
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) {
    chunks.push(chunk as Uint8Array);
  }
  const archive = gzipSync(Buffer.concat(chunks));
  archive[systemByte] = 255;
  return archive;
}

function file(path: string, content: string | Uint8Array): BundleFile {
  const bytes =
    typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, name: path.replace(/^\/+/, ""), bytes };
}
