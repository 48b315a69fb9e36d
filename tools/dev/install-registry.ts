import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import {
  registryBinary,
  registryFolder,
} from "../../test/support/registry-binary.ts";

/** Unpacks a real OCI registry into the ignored cache folder; says so when it cannot. */
function main(): void {
  if (registryBinary() !== undefined) {
    return;
  }
  mkdirSync(registryFolder, { recursive: true });
  // Nothing is installed: the package is unpacked, and its service never runs.
  run("apt-get", ["download", "docker-registry"]);
  const found = readdirSync(registryFolder).find((name) =>
    name.endsWith(".deb"),
  );
  if (found !== undefined) {
    run("dpkg", ["-x", found, "."]);
  }
  if (registryBinary() === undefined) {
    console.log(
      "skipped: no registry; get Debian's docker-registry, or set REGISTRY to a binary of distribution",
    );
  }
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, {
    cwd: registryFolder,
    stdio: "inherit",
    timeout: 120_000,
  });
}

main();
