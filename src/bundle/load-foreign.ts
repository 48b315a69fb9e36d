import { hostBuiltins } from "../builtins/index.ts";
import {
  type ForeignGuard,
  loadForeignGuard,
  PolicyError,
} from "../engine/index.ts";
import { checkModule, moduleFile } from "./foreign-manifest.ts";
import type { GuardLimits, GuardManifest, GuardStep } from "./manifest.ts";
import type { SourceFiles } from "./read-directory.ts";
import { jsonOf } from "./shared-source.ts";

/** A pipeline whose foreign guards are loaded, each within the limits of its manifest. */
export type LoadedGuards = {
  readonly pipeline: readonly GuardStep[];
  readonly foreign: ReadonlyMap<string, ForeignGuard>;
};

/** Loads the guards of a pipeline that were compiled elsewhere; throws the first fault with the guard's name. */
export async function loadForeignGuards(
  source: SourceFiles,
  pipeline: readonly GuardStep[],
  manifests: readonly GuardManifest[],
): Promise<LoadedGuards> {
  const foreign = new Map<string, ForeignGuard>();
  const steps: GuardStep[] = [];
  for (const step of pipeline) {
    const manifest = manifests.find(({ name }) => name === step.guard);
    const module = manifest?.module;
    if (!manifest || !module) {
      checkNoModule(source, step.guard);
      steps.push(step);
      continue;
    }
    const narrowed = { ...step, limits: narrow(step.limits, module.limits) };
    steps.push(narrowed);
    foreign.set(step.guard, await loadOne(source, manifest, narrowed));
  }
  return { pipeline: steps, foreign };
}

/** A module says nothing by itself: without a manifest nothing vouches for it. */
function checkNoModule(source: SourceFiles, guard: string): void {
  if (source.guardModules.has(`guards/${guard}/${moduleFile}`)) {
    throw new PolicyError(
      "guard_manifest_error",
      `guard \`${guard}\` has a ${moduleFile}, and no \`module\` in its guard.yaml`,
    );
  }
}

async function loadOne(
  source: SourceFiles,
  manifest: GuardManifest,
  { limits, signer }: GuardStep,
): Promise<ForeignGuard> {
  const { entrypoint, module, name, version } = manifest;
  const file = `guards/${name}/${moduleFile}`;
  const bytes = source.guardModules.get(file);
  if (!module || !bytes) {
    throw new PolicyError("guard_module_error", `\`${file}\` is missing`);
  }
  checkModule(bytes, { name, version, module }, signer);
  try {
    return await loadForeignGuard(bytes, {
      abi: module.abi,
      imports: module.imports,
      config: module.config,
      memoryPages: limits.memoryPages,
      tableElements: module.limits.tableElements,
      depth: module.limits.depth,
      builtins: hostBuiltins,
      ...(entrypoint === "" ? {} : { entrypoint }),
      ...(module.abi === "opa" ? { data: jsonOf(source.data) } : {}),
    });
  } catch (error) {
    const { code, rawMessage } = PolicyError.from(error);
    throw new PolicyError(code, `guard \`${name}\`: ${rawMessage}`, {
      cause: error,
    });
  }
}

/** The lower of two limits, where there are two. */
function narrow(
  step: GuardLimits,
  own: { readonly [Name in keyof GuardLimits]: number | undefined },
): GuardLimits {
  return {
    fuel: Math.min(step.fuel, own.fuel ?? step.fuel),
    memoryPages: Math.min(
      step.memoryPages,
      own.memoryPages ?? step.memoryPages,
    ),
    deadlineMs: Math.min(step.deadlineMs, own.deadlineMs ?? step.deadlineMs),
  };
}
