import { toModule } from "../engine/index.ts";
import type { CompiledSource, CompileJob } from "./compile-source.ts";
import { compilerVersion } from "./compiler-version.ts";
import { sha256Hex } from "./digest.ts";
import type { ModuleFolder } from "./module-folder.ts";

/** A module that is ready to be loaded, with what is known of it. */
type ReadyModule = Omit<CompiledSource, "wasm"> & {
  readonly module: WebAssembly.Module;
};

/** Modules by what they were compiled from: each is compiled once in a process. */
export type ModuleCache = {
  /** The module of a job; one that is not there is compiled by `compile`. */
  take(
    job: CompileJob,
    compile: (job: CompileJob) => Promise<CompiledSource>,
  ): Promise<ReadyModule>;
};

/** Keeps the modules that were used last in memory, and all of them in a folder if there is one. */
export function createModuleCache({
  folder,
  size,
}: {
  readonly folder?: ModuleFolder | undefined;
  /** How many modules stay in memory. */
  readonly size: number;
}): ModuleCache {
  const kept = new Map<string, Promise<ReadyModule>>();
  return {
    take: (job, compile) => {
      if (size === 0 && folder === undefined) {
        return toReady(compile(job));
      }
      const key = keyOf(job);
      const taken = kept.get(key) ?? ready(key, () => compile(job), folder);
      // A map keeps the order in which its keys were set: the last used come last.
      kept.delete(key);
      kept.set(key, taken);
      // What could not be compiled is no module to keep.
      taken.catch(() => kept.delete(key));
      forgetOldest(kept, size);
      return taken;
    },
  };
}

async function ready(
  key: string,
  compile: () => Promise<CompiledSource>,
  folder: ModuleFolder | undefined,
): Promise<ReadyModule> {
  const found = await folder?.read(key);
  const compiled = found ?? (await compile());
  const made = await toReady(compiled);
  if (!found) {
    await folder?.write(key, compiled);
  }
  return made;
}

async function toReady(
  compiled: CompiledSource | Promise<CompiledSource>,
): Promise<ReadyModule> {
  const { wasm, ...known } = await compiled;
  return { ...known, module: await toModule(wasm) };
}

/** SHA-256 of all that decides about the module's bytes. */
function keyOf(job: CompileJob): string {
  return sha256Hex(JSON.stringify([compilerVersion(), job]));
}

function forgetOldest(
  kept: Map<string, Promise<ReadyModule>>,
  size: number,
): void {
  for (const key of kept.keys()) {
    if (kept.size <= size) {
      return;
    }
    kept.delete(key);
  }
}
