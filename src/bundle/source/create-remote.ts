import { readDockerCredentials } from "../oci/docker-config.ts";
import { createOciRemote } from "../oci/oci-remote.ts";
import { type OciReference, parseReference } from "../oci/reference.ts";
import { createRegistry, type Registry } from "../oci/registry.ts";
import type { RemoteSettings } from "./bundle-settings.ts";
import { authorizationOf } from "./credentials.ts";
import { createHttpsRemote } from "./https-remote.ts";
import {
  createClient,
  readCredentials,
  wrongSettings,
} from "./read-remote-settings.ts";
import type { Remote } from "./remote.ts";

type RemoteOptions = {
  /** Its address. */
  readonly source: string;
  readonly remote: RemoteSettings;
  readonly longPollMs: number;
  /** Signatures that lie beside the bundle are wanted too. */
  readonly wantsSignatures: boolean;
};

/** The scheme of a network source; undefined for what lies on disk. */
export function schemeOf(source: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1]?.toLowerCase();
}

/** The server that an address names. */
export function createRemote(options: RemoteOptions): Remote {
  const scheme = schemeOf(options.source);
  switch (scheme) {
    case "http":
    case "https":
      return httpsRemote(options);
    case "oci":
      return ociRemote(options);
    default:
      throw wrongSettings(
        scheme === undefined
          ? `\`${options.source}\` is no address of https:// or oci://`
          : `a source cannot be \`${scheme}://\`; it is a folder, a file, https:// or oci://`,
      );
  }
}

function httpsRemote({ source, remote, longPollMs }: RemoteOptions): Remote {
  const credentials = readCredentials(remote);
  return createHttpsRemote({
    url: source,
    client: createClient(remote),
    authorization: () => {
      const found = credentials();
      return found && authorizationOf(found);
    },
    longPollMs,
  });
}

function ociRemote({ source, remote, wantsSignatures }: RemoteOptions): Remote {
  const reference = parseReference(source);
  const registry = openRegistry({ reference, remote, actions: "pull" });
  const { maxBytes } = remote;
  return createOciRemote({ reference, registry, maxBytes, wantsSignatures });
}

/** The registry of a reference, with the credentials that the settings have for it. */
export function openRegistry({
  reference,
  remote,
  actions,
}: {
  readonly reference: OciReference;
  readonly remote: RemoteSettings;
  readonly actions: "pull" | "pull,push";
}): Registry {
  const { dockerConfig, allowPlaintext } = remote;
  const credentials = readCredentials(remote);
  return createRegistry({
    reference,
    client: createClient(remote),
    isPlain: allowPlaintext,
    credentials: () =>
      credentials() ??
      (dockerConfig === undefined
        ? undefined
        : readDockerCredentials(dockerConfig, reference.registry)),
    actions,
  });
}
