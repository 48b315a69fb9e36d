import type { PolicyError } from "../../engine/index.ts";
import {
  type HttpAnswer,
  type HttpCall,
  type HttpClient,
  statusFault,
} from "../source/http-client.ts";
import { answerChallenge, type RegistryCredentials } from "./authorization.ts";
import type { OciReference } from "./reference.ts";

export type RegistryOptions = {
  readonly reference: OciReference;
  readonly client: HttpClient;
  /** Speaks plain http. */
  readonly isPlain: boolean;
  /** Asked anew whenever a registry wants them. */
  readonly credentials: () => RegistryCredentials | undefined;
  /** What we are going to do: reading alone, or writing too. */
  readonly actions: "pull" | "pull,push";
};

type RegistryCall = Pick<
  HttpCall,
  "method" | "headers" | "body" | "maxBytes" | "signal"
> & {
  /** Below the repository, as `blobs/sha256:…`; or where the registry said to go on. */
  readonly path: string | URL;
};

/** One repository of a registry that speaks the distribution API. */
export type Registry = {
  /** Sends a request, and sends it again with what the registry wants to see. */
  call(call: RegistryCall): Promise<HttpAnswer>;
  /** Where a path of the repository, or a `Location`, leads. */
  address(path: string): URL;
  /** That the registry answered otherwise than it must. */
  fault(method: HttpCall["method"], path: string, status: number): PolicyError;
};

/** A client of the repository that the reference names. */
export function createRegistry(options: RegistryOptions): Registry {
  const { reference, client, isPlain, actions } = options;
  const { registry, repository } = reference;
  // Docker's registry has another name than its host.
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const top = new URL(
    `${isPlain ? "http" : "https"}://${host}/v2/${repository}/`,
  );
  let authorization: string | undefined;
  const send = ({ path, headers, ...call }: RegistryCall) => {
    const url = new URL(path, top);
    // Where an upload goes on may be another host's.
    const isOwn = url.origin === top.origin && authorization !== undefined;
    return client({
      ...call,
      url,
      headers: {
        ...headers,
        ...(isOwn && { Authorization: authorization }),
      } as Record<string, string>,
    });
  };
  return {
    call: async (call) => {
      const answer = await send(call);
      const challenge = answer.headers["www-authenticate"];
      // Another host must not be told who we are, or choose who is.
      const isOwn = answer.url.origin === top.origin;
      if (answer.status !== 401 || challenge === undefined || !isOwn) {
        return answer;
      }
      authorization = await answerChallenge({
        challenge,
        scope: `repository:${repository}:${actions}`,
        credentials: options.credentials(),
        client,
        signal: call.signal,
      });
      return authorization === undefined ? answer : send(call);
    },
    address: (path) => new URL(path, top),
    fault: (method, path, status) =>
      statusFault({ method, url: new URL(path, top) }, status),
  };
}
