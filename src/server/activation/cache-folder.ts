import {
  createModuleCache,
  createModuleFolder,
  type ModuleCache,
} from "../../bundle/index.ts";
import type { ServerConfig } from "../config.ts";
import { bundlesOf } from "./bundle-state.ts";
import {
  createRolledBackFile,
  type RolledBackFile,
} from "./rolled-back-file.ts";

/** What a process remembers for the next one. */
type CacheFolder = {
  readonly modules: ModuleCache;
  /** Undefined without a folder. */
  readonly rolledBack: RolledBackFile | undefined;
};

// A module is some hundred kilobytes: enough to go back and forth between edits.
const keptModules = 32;

/** The folder `activation.cacheFolder`; without one modules are kept in memory alone. */
export function openCacheFolder(
  config: ServerConfig,
  onError: (error: Error) => void,
): CacheFolder {
  const { cacheFolder: path, history } = config.activation;
  const size = history + 2;
  if (path === undefined) {
    return { modules: createModuleCache({ size }), rolledBack: undefined };
  }
  const folder = createModuleFolder({ path, size: keptModules, onError });
  const sources = bundlesOf(config).map(([name, { source }]) => [name, source]);
  return {
    modules: createModuleCache({ size, folder }),
    rolledBack: createRolledBackFile({
      folder: path,
      owner: JSON.stringify(sources),
      onError,
    }),
  };
}
