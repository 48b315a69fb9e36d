import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "./certificates.ts";
import { fetchAnswer } from "./http-client.ts";
import { freePort, type Program, startProgram, waitFor } from "./process.ts";
import { registryBinary } from "./registry-binary.ts";

/** A registry over TLS on loopback, for one user. */
export type RealRegistry = {
  /** Host and port. */
  readonly host: string;
  /** Files: of the CA, of docker's configuration, of the user's password. */
  readonly ca: string;
  readonly dockerConfig: string;
  readonly passwordFile: string;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export const registryUser = "ada";
const password = "pass:word";
// Of that password: the registry reads no other kind of hash.
const line = `${registryUser}:$2a$04$Y0dwNVm825APKyypOWxHcu6Xp8.PvhcmRcTtI/AMuIoOCF62A2IpS\n`;

/** Prepares a registry; `start` starts it, again and again with the same content. */
export async function createRealRegistry(): Promise<RealRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-registry-"));
  const authority = await createAuthority("registry");
  const own = await authority.issue([{ type: "ip", value: "127.0.0.1" }]);
  const host = `127.0.0.1:${await freePort()}`;
  const auth = Buffer.from(`${registryUser}:${password}`).toString("base64");
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "content") } },
    http: {
      addr: host,
      secret: "of the tests",
      tls: {
        certificate: file("server.pem", own.cert),
        key: file("server.key", own.key),
      },
    },
    auth: { htpasswd: { realm: "tests", path: file("users", line) } },
  };
  const configFile = file("config.yml", JSON.stringify(config));
  const ca = authority.cert;
  let program: Program | undefined;
  return {
    host,
    ca: file("ca.pem", ca),
    dockerConfig: file(
      "docker.json",
      JSON.stringify({ auths: { [host]: { auth } } }),
    ),
    passwordFile: file("password", password),
    start: async () => {
      program = startProgram(registryBinary() ?? "", ["serve", configFile]);
      await waitFor("the registry", async () => {
        const answer = fetchAnswer(`https://${host}/v2/`, { ca });
        return (await answer.catch(() => undefined))?.status === 401;
      });
    },
    stop: async () => {
      await program?.stop();
    },
  };
}
