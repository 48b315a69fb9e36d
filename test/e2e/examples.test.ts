import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAuthority, writeServerFiles } from "../support/certificates.ts";
import { envoyBinary } from "../support/envoy-binary.ts";

const envoy = envoyBinary();

test.skipIf(envoy === undefined).each(["grpc", "http", "mtls"])(
  "O8: Envoy accepts examples/envoy/%s.yaml",
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-example-"));
    const authority = await createAuthority("clients");
    const server = await authority.issue([{ type: "dns", value: "localhost" }]);
    writeServerFiles(join(folder, "certificates"), server, authority);
    const file = join(folder, "envoy.yaml");
    const text = readFileSync(`examples/envoy/${name}.yaml`, "utf8");
    writeFileSync(
      file,
      text.replaceAll("CERTIFICATES", join(folder, "certificates")),
    );
    const { status, stdout } = spawnSync(
      envoy ?? "",
      ["--mode", "validate", "--config-path", file],
      { encoding: "utf8" },
    );
    expect(stdout).toContain("OK");
    expect(status).toBe(0);
  },
);
