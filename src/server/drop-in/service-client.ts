import { readFileSync } from "node:fs";
import { createHttpClient, type HttpClient } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { ServiceConfig } from "../opa-config/services-config.ts";

/** A service of the configuration, ready to be asked. */
export type ServiceClient = {
  readonly client: HttpClient;
  /** The address of a path below the service's own. */
  urlOf(path: string): string;
  /** The value of `Authorization`, the credentials read anew. */
  authorization(): string | undefined;
  /** Posts JSON below the service's address; rejects when it was not taken. */
  post(path: string, body: Uint8Array, headers?: Headers): Promise<void>;
};

type Headers = Readonly<Record<string, string>>;

// A bundle of OPA may be large.
const maxBytes = 1 << 30;

export function createServiceClient(config: ServiceConfig): ServiceClient {
  const { ca, cert, key, scheme, token, tokenFile } = config;
  const read = (file: string | undefined) => file && readText(file);
  const authorization = () => {
    const secret = tokenFile === undefined ? token : readText(tokenFile).trim();
    return secret === undefined ? undefined : `${scheme} ${secret}`;
  };
  const client = createHttpClient({
    allowPlaintext: true,
    timeoutMs: config.timeoutMs,
    maxBytes,
    tls: { ca: read(ca), cert: read(cert), key: read(key) },
  });
  const urlOf = (path: string) => `${config.url}/${path.replace(/^\/+/, "")}`;
  const headers = () => {
    const value = authorization();
    return {
      ...config.headers,
      ...(value !== undefined && { Authorization: value }),
    };
  };
  return {
    client,
    urlOf,
    authorization,
    post: async (path, body, more = {}) => {
      const { status } = await client({
        method: "POST",
        url: new URL(urlOf(path)),
        headers: { ...headers(), "Content-Type": "application/json", ...more },
        body,
        signal: new AbortController().signal,
      });
      if (status < 200 || status >= 300) {
        throw new Error(`the server answered ${status}`);
      }
    },
  };
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
