import { readFileSync } from "node:fs";
import { PolicyError } from "../../engine/index.ts";
import type { VerificationKey } from "../signature.ts";
import { createBundleCache } from "./bundle-cache.ts";
import type {
  BundleSettings,
  KeySettings,
  RemoteSettings,
} from "./bundle-settings.ts";
import type { BundleSource } from "./bundle-source.ts";
import { createFileSource } from "./file-source.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { createHttpsRemote } from "./https-remote.ts";
import type { Remote } from "./remote.ts";
import { createRemoteSource } from "./remote-source.ts";
import type { Trust } from "./trust.ts";

/** The source that the settings name; throws what is wrong with them. */
export function createBundleSource(settings: BundleSettings): BundleSource {
  const { source, polling, cache } = settings;
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1]?.toLowerCase();
  const trust = readTrust(settings, scheme !== undefined);
  if (scheme === undefined) {
    return createFileSource({ ...settings, trust });
  }
  if (polling.maxMs < polling.minMs) {
    throw wrong("`bundle.polling.maxMs` must be no less than `minMs`");
  }
  return createRemoteSource({
    remote: createRemote(scheme, settings),
    trust,
    polling,
    cache: cache === undefined ? undefined : createBundleCache(cache),
  });
}

function createRemote(
  scheme: string,
  { source, remote, polling }: BundleSettings,
): Remote {
  const client = createClient(remote);
  switch (scheme) {
    case "http":
    case "https":
      return createHttpsRemote({
        url: source,
        client,
        authorization: readAuthorization(remote),
        longPollMs: polling.longPollMs,
      });
    default:
      throw wrong(
        `\`bundle.source\` cannot be \`${scheme}://\`; it is a folder, a file, https:// or oci://`,
      );
  }
}

function createClient(remote: RemoteSettings): HttpClient {
  const { ca, cert, key, ...limits } = remote;
  if ((cert === undefined) !== (key === undefined)) {
    throw wrong("`bundle.remote` needs `cert` and `key` together");
  }
  const read = (file: string | undefined) => file && readText(file);
  return createHttpClient({
    ...limits,
    tls: { ca: read(ca), cert: read(cert), key: read(key) },
  });
}

/** What `Authorization` is to say. */
function readAuthorization({
  tokenFile,
  username,
  passwordFile,
}: RemoteSettings): () => string | undefined {
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw wrong("`bundle.remote` needs `username` and `passwordFile` together");
  }
  if (tokenFile !== undefined && username !== undefined) {
    throw wrong("`bundle.remote` takes `tokenFile` or `username`, not both");
  }
  if (tokenFile !== undefined) {
    return () => `Bearer ${readText(tokenFile).trim()}`;
  }
  if (username === undefined || passwordFile === undefined) {
    return () => undefined;
  }
  return () => {
    const password = readText(passwordFile).replace(/\r?\n$/, "");
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  };
}

function readTrust({ signature }: BundleSettings, isRemote: boolean): Trust {
  const keys = new Map(
    Object.entries(signature.keys).map(([id, key]) => [id, readKey(id, key)]),
  );
  const isRequired = signature.required ?? (isRemote || keys.size > 0);
  if (isRequired && keys.size === 0) {
    throw wrong(
      "`bundle.signature.keys` must hold a key, for the source must be signed; `signature: { required: false }` takes it unsigned",
    );
  }
  return { isRequired, keys };
}

function readKey(
  id: string,
  { key, file, algorithm, scope, expires }: KeySettings,
): VerificationKey {
  if ((key === undefined) === (file === undefined)) {
    throw wrong(
      `\`bundle.signature.keys.${id}\` needs either \`key\` or \`file\``,
    );
  }
  const date = expires === undefined ? undefined : new Date(expires);
  if (date !== undefined && Number.isNaN(date.getTime())) {
    throw wrong(`\`bundle.signature.keys.${id}.expires\` is no date`);
  }
  return {
    key: key ?? readText(file as string),
    algorithm,
    scope,
    expires: date,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrong(`the file \`${file}\` cannot be read`, error);
  }
}

function wrong(text: string, cause?: unknown): PolicyError {
  return new PolicyError("server_config_error", text, { cause });
}
