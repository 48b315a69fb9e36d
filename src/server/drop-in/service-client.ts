import { readFileSync } from "node:fs";
import {
  createHttpClient,
  createHttpsRemote,
  createOciRemote,
  createRegistry,
  type HttpClient,
  parseReference,
  type Remote,
} from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { ServiceConfig } from "../opa-config/services-config.ts";

/** A service of the configuration, ready to be asked. */
export type ServiceClient = {
  /** The server of a bundle. */
  remote(resource: string, longPollMs: number): Remote;
  /** Posts JSON below the service's address; rejects when it was not taken. */
  post(path: string, body: Uint8Array, headers?: Headers): Promise<void>;
};

type Headers = Readonly<Record<string, string>>;

// A bundle of OPA may be large.
const maxBytes = 1 << 30;

export function createServiceClient(config: ServiceConfig): ServiceClient {
  const { ca, cert, key, scheme, token, tokenFile } = config;
  const read = (file: string | undefined) => file && readText(file);
  const secret = () =>
    tokenFile === undefined ? token : readText(tokenFile).trim();
  const authorization = () => {
    const value = secret();
    return value === undefined ? undefined : `${scheme} ${value}`;
  };
  const client = createHttpClient({
    allowPlaintext: true,
    timeoutMs: config.timeoutMs,
    maxBytes,
    tls: { ca: read(ca), cert: read(cert), key: read(key) },
  });
  const urlOf = (path: string) => `${config.url}/${path.replace(/^\/+/, "")}`;
  return {
    remote: (resource, longPollMs) =>
      config.isRegistry
        ? registryRemote(resource, { config, client, secret })
        : createHttpsRemote({
            url: urlOf(resource),
            client,
            headers: config.headers,
            authorization,
            longPollMs,
          }),
    post: async (path, body, more = {}) => {
      const value = authorization();
      const { status } = await client({
        method: "POST",
        url: new URL(urlOf(path)),
        headers: {
          ...config.headers,
          ...(value !== undefined && { Authorization: value }),
          "Content-Type": "application/json",
          ...more,
        },
        body,
        signal: new AbortController().signal,
      });
      if (status < 200 || status >= 300) {
        throw new Error(`the server answered ${status}`);
      }
    },
  };
}

type RegistryParts = {
  readonly config: ServiceConfig;
  readonly client: HttpClient;
  readonly secret: () => string | undefined;
};

/** As OPA: the host is the service's, whatever the reference names. */
function registryRemote(
  resource: string,
  { client, config, secret }: RegistryParts,
): Remote {
  const { host, protocol } = new URL(config.url);
  const reference = { ...parseReference(`oci://${resource}`), registry: host };
  const registry = createRegistry({
    reference,
    client,
    isPlain: protocol === "http:",
    actions: "pull",
    credentials: () => {
      const value = secret();
      if (value === undefined) {
        return undefined;
      }
      return /^basic$/i.test(config.scheme)
        ? { kind: "basic", pair: value }
        : { kind: "bearer", token: value };
    },
  });
  return createOciRemote({
    reference,
    registry,
    maxBytes,
    wantsSignatures: false,
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new PolicyError(
      "server_config_error",
      `the file \`${file}\` cannot be read`,
      { cause },
    );
  }
}
