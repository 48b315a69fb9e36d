import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import {
  opaBinary,
  opaFolder,
  opaVersion,
} from "../../test/support/opa-binary.ts";

/** Puts genuine OPA into the ignored cache folder; says so when it cannot. */
function main(): void {
  if (opaBinary() !== undefined) {
    return;
  }
  const { status } = spawnSync(
    "go",
    ["install", `github.com/open-policy-agent/opa@v${opaVersion}`],
    {
      stdio: "inherit",
      timeout: 900_000,
      env: { ...process.env, GOBIN: resolve(opaFolder) },
    },
  );
  if (status !== 0) {
    console.log(
      `skipped: no genuine OPA ${opaVersion}; install Go, or set OPA to a binary`,
    );
  }
}

main();
