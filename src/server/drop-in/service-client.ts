import { readFileSync } from "node:fs";
import { createHttpClient, type HttpClient } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { ServiceConfig } from "../opa-config/services-config.ts";

/** A service of the configuration, ready to be asked. */
export type ServiceClient = {
  readonly client: HttpClient;
  /** The address of a path below the service's own. */
  urlOf(path: string): string;
  /** What every request says, the credentials read anew. */
  headers(): Readonly<Record<string, string>>;
  authorization(): string | undefined;
};

// A bundle of OPA may be large.
const maxBytes = 1 << 30;

export function createServiceClient(config: ServiceConfig): ServiceClient {
  const { ca, cert, key, scheme, token, tokenFile } = config;
  const read = (file: string | undefined) => file && readText(file);
  const authorization = () => {
    const secret = tokenFile === undefined ? token : readText(tokenFile).trim();
    return secret === undefined ? undefined : `${scheme} ${secret}`;
  };
  return {
    client: createHttpClient({
      allowPlaintext: true,
      timeoutMs: config.timeoutMs,
      maxBytes,
      tls: { ca: read(ca), cert: read(cert), key: read(key) },
    }),
    urlOf: (path) => `${config.url}/${path.replace(/^\/+/, "")}`,
    authorization,
    headers: () => {
      const value = authorization();
      return {
        ...config.headers,
        ...(value !== undefined && { Authorization: value }),
      };
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
