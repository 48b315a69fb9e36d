import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { PolicyError } from "../../engine/index.ts";
import type { RemoteSettings } from "./bundle-settings.ts";
import type { Credentials } from "./credentials.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";

/** The client that the settings describe; reads its certificates. */
export function createClient(remote: RemoteSettings): HttpClient {
  const { ca, cert, key, ...limits } = remote;
  if ((cert === undefined) !== (key === undefined)) {
    throw wrongSettings("a client certificate needs both `cert` and `key`");
  }
  const read = (file: string | undefined) =>
    file === undefined ? undefined : readSettingsFile(file);
  const tls = { ca: read(ca), cert: read(cert), key: read(key) };
  if (tls.ca !== undefined && !tls.ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw wrongSettings(`the file \`${ca}\` holds no certificate`);
  }
  try {
    createSecureContext(tls);
  } catch (error) {
    const what =
      cert === undefined
        ? `the certificates of \`${ca}\``
        : `the certificate \`${cert}\` and the key \`${key}\``;
    const { rawMessage } = PolicyError.from(error);
    throw wrongSettings(`${what} cannot be used: ${rawMessage}`, error);
  }
  return createHttpClient({ ...limits, tls });
}

/** What the settings say of credentials; their files are read at each call. */
export function readCredentials({
  tokenFile,
  username,
  passwordFile,
}: RemoteSettings): () => Credentials | undefined {
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw wrongSettings(
      "basic authentication needs both `username` and `passwordFile`",
    );
  }
  if (tokenFile !== undefined && username !== undefined) {
    throw wrongSettings("there is a `tokenFile` and a `username`; one must go");
  }
  if (tokenFile !== undefined) {
    return () => ({ kind: "bearer", token: readToken(tokenFile) });
  }
  if (username === undefined || passwordFile === undefined) {
    return () => undefined;
  }
  return () => ({
    kind: "basic",
    pair: `${username}:${readSecret(passwordFile)}`,
  });
}

function readToken(file: string): string {
  const token = readSecret(file);
  // Else the header is refused in words that do not name the file.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw wrongSettings(`the file \`${file}\` holds no token alone`);
  }
  return token;
}

/** Without the end of line that editors write. */
function readSecret(file: string): string {
  return readSettingsFile(file).replace(/\r?\n$/, "");
}

/** A file that settings name. */
export function readSettingsFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrongSettings(`the file \`${file}\` cannot be read`, error);
  }
}

/** A fault of the settings. */
export function wrongSettings(text: string, cause?: unknown): PolicyError {
  return new PolicyError("server_config_error", text, { cause });
}
